package flow

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sshell/remote"
)

// partial loses the tasks of a command when they have written a part.
type partial struct{ remote.Runner }

func (p partial) Run(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	if t.Stages[0].Argv[0] != "lost" {
		return p.Runner.Run(ctx, t, s)
	}
	fmt.Fprintln(s.Stdout, "a part")
	return nil, remote.ErrLost
}

// What reads from a unit that was lost never sees the end of its input.
func TestBehindALostUnit(t *testing.T) {
	for _, line := range []string{
		"on local --memory 5 lost | on local --memory 6 sh -c 'cat; echo end > f'",
		"on local --memory 5 lost | on local --memory 6 cat | on local --memory 5 sh -c 'cat; echo end > f'",
		"on local --memory 5 lost | parmap --pipe 'cat > f'",
		"on local --memory 5 lost | on local --memory 6 cat | parmap --pipe 'cat > f'",
	} {
		b := newBench(t)
		check := checkLeaks(t, b)
		b.wrap = func(r remote.Runner) remote.Runner { return partial{r} }
		a := b.run(line)
		if _, err := os.Stat(filepath.Join(b.dir, "f")); err == nil || a.last() != 125 {
			t.Errorf("%s: %v, %q, %v", line, a.statuses, a.err, err)
		}
		check()
	}
}
