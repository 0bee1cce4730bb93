package objstore

import (
	"context"
	"time"
)

const (
	// removeBatch is how many keys are deleted at once: what one request can (S3 API, DeleteObjects).
	removeBatch = 1000
	// removeTries is how often a removal is tried, with pauses from removePause on, each twice the one before: in half a second
	// most faults of a store have gone by.
	removeTries = 4
	removePause = 80 * time.Millisecond
)

// RemoveAll deletes the objects whose keys begin with prefix, as one listing shows them. As nothing is lost by that it tries
// again what failed.
func RemoveAll(ctx context.Context, s Store, prefix string) error {
	for try, pause := 1, removePause; ; try, pause = try+1, 2*pause {
		err := removeAll(ctx, s, prefix)
		if err == nil || try == removeTries {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

func removeAll(ctx context.Context, s Store, prefix string) error {
	var keys []string
	for o, err := range s.List(ctx, prefix) {
		if err != nil {
			return err
		}
		keys = append(keys, o.Key)
	}
	for len(keys) > 0 {
		n := min(len(keys), removeBatch)
		if err := s.Delete(ctx, keys[:n]...); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}
