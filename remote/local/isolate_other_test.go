//go:build !linux

package local

import (
	"errors"
	"strings"
	"testing"

	"sshell/remote"
)

func refused() {}

// Where tasks cannot be isolated, nothing runs, and the message says why.
func TestIsolationRefused(t *testing.T) {
	r := newRunner(t, Config{Isolate: true})
	o := do(t, r, t.Context(), argv("echo", "it ran"))
	var no *remote.NotStartedError
	if !errors.As(o.err, &no) || !strings.Contains(no.Error(), "needs Linux") || o.stdout != "" {
		t.Errorf("got %q, %v", o.stdout, o.err)
	}
}
