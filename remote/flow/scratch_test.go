package flow

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sshell/remote"
)

// TestScratchLists leaves nothing of a list that has no end: a piece that waits for others to go with, and what breaks a list
// whose time is over, come no later than the removal.
func TestScratchLists(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(l remote.Lister, stop context.CancelFunc)
	}{
		{"left", func(remote.Lister, context.CancelFunc) {}},
		{"cancelled", func(_ remote.Lister, stop context.CancelFunc) { stop() }},
		{"broken", func(l remote.Lister, _ context.CancelFunc) { l.Break("lost") }},
		{"ended", func(l remote.Lister, _ context.CancelFunc) { _ = l.End(0) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := &storing{}
				s := &scratch{storer: target, run: "run"}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				l, err := s.list(ctx, s.stream())
				if err != nil {
					t.Fatal(err)
				}
				if gone, err := l.Add(remote.Piece{Object: "s3://scratch/data", End: 1}); gone || err != nil {
					t.Fatal(gone, err)
				}
				c.end(l, stop)
				if err := s.close(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				b := &storeBench{bench: &bench{t: t}, store: target}
				if left := b.left(); len(left) > 0 {
					t.Error("left:", left)
				}
			})
		})
	}
}
