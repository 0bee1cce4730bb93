package ospipe_test

import (
	"testing"

	"sshell/pipes"
	"sshell/pipes/ospipe"
	"sshell/pipes/pipetest"
)

func TestTransport(t *testing.T) {
	pipetest.Run(t, pipetest.Config{Open: func(*testing.T) pipes.Transport { return new(ospipe.Transport) }})
}
