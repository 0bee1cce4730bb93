package agent

import (
	"context"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
)

// setFiles bounds how many descriptors a process may have.
func setFiles(t *testing.T, pid int, n uint64) {
	t.Helper()
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n}, nil); err != nil {
		t.Fatal(err)
	}
}

// A segment for which the agent has no more descriptors fails, and no other does.
func TestAgentOutOfDescriptors(t *testing.T) {
	c := newClient(t, testConfig())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pid, _ := pidOf(t, c, plan.Segment{})
	_, hanging := begun(t, c, ctx, "hang")
	setFiles(t, pid, 20)
	seg := act("errors")
	seg.Stages = slices.Repeat(seg.Stages, 40)
	for range 40 {
		r, w := pipe(t)
		defer r.Close()
		defer w.Close()
		seg.Stderr = append(seg.Stderr, w)
	}
	if _, _, err := run(t, c, t.Context(), seg, ""); err == nil || err.Error() != errLostFiles.Error() {
		t.Errorf("%v", err)
	}
	if out, _, err := run(t, c, t.Context(), act("cat"), "text"); out != "text" || err != nil {
		t.Errorf("the next one: %q, %v", out, err)
	}
	cancel()
	if err := <-hanging; err != context.Canceled {
		t.Error(err)
	}
}
