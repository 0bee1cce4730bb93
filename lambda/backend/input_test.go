package backend

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A chunk on its way arrives, or is given up, but not at once.
func TestLingering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		later, stop := lingering(ctx)
		defer stop()
		cancel()
		time.Sleep(arriveTime - time.Millisecond)
		if later.Err() != nil {
			t.Error("was given up too soon")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if later.Err() == nil {
			t.Error("was not given up")
		}
		later, stop = lingering(t.Context())
		stop()
		if later.Err() == nil {
			t.Error("goes on after its end")
		}
	})
}
