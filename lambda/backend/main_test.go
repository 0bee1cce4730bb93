package backend

import (
	"testing"

	"sshell/remote/agent"
)

func TestParse(t *testing.T) {
	a, err := parse([]string{shellFlag, "/bin/s", isolateFlag, agent.SocketFlag, "3"})
	if err != nil || *a != (arguments{socket: "3", shell: "/bin/s", isolate: true}) {
		t.Errorf("%+v, %v", a, err)
	}
	for _, args := range [][]string{nil, {"--moon"}, {agent.SocketFlag}, {shellFlag, "x"}} {
		if a, err := parse(args); err == nil {
			t.Errorf("%q: %+v", args, a)
		}
	}
	if status := Main([]string{agent.SocketFlag, "9999"}); status != statusUsage {
		t.Errorf("status %d for a socket that is not there", status)
	}
}
