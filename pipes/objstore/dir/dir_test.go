package dir_test

import (
	"path/filepath"
	"testing"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/dir"
	"sshell/pipes/objstore/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) objstore.Store { return dir.New(filepath.Join(t.TempDir(), "new", "lab")) })
}
