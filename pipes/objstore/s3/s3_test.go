package s3_test

import (
	"os"
	"testing"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/s3/s3test"
	"sshell/pipes/objstore/storetest"
)

func TestMain(m *testing.M) { os.Exit(s3test.Main(m)) }

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) objstore.Store { return s3test.NewStore(t) },
		storetest.Text, storetest.Files, storetest.Digests, storetest.Repeats)
}
