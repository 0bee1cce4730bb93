// Package retry is a store's decorator that tries again what failed for a moment.
//
// # What is tried again
//
// An error is temporary if it, or one that it wraps, has a method Temporary that reports true. After one, an operation is
// tried again after a random wait that at most doubles each time, up to the policy's number of tries; the last error is then
// returned. Get's bodies and listings go on where they stood.
//
//   - Put keeps what it read of its body, up to MaxReplay bytes, to send it again. A longer body has one try once more
//     than that was read.
//   - A create that may have happened, and is then told that the key exists, compares: an object with its own bytes is
//     its own. So those who create one key at once must have different bodies, or not mind who won.
//   - A body that is cut is read again from its beginning up to where it was cut, and goes on if these bytes are the same: what
//     the reader gets is of one version. Otherwise, or if the object has gone, Read fails.
//   - Compose over a version, or with its key among the sources, is not what it was if it happened already. It is tried
//     again only after an error whose method Refused reports that it did not.
package retry

import (
	"context"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"sshell/pipes/objstore"
)

// MaxReplay is how many bytes of a Put's body are kept to be sent again: what one end of a stream may hold.
const MaxReplay = 64 << 20

// Policy bounds retries.
type Policy struct {
	Tries int           // of one operation, or of one body without progress, including the first; at least 1
	First time.Duration // the longest wait before the second try
	Most  time.Duration // the longest wait before any
}

// Default waits for half a minute in all at most, half of that as a rule.
var Default = Policy{Tries: 8, First: 100 * time.Millisecond, Most: 10 * time.Second}

// New returns store with retries. It has a Stater and a Leveler's methods, and a Composer's if store has.
func New(store objstore.Store, p Policy) objstore.Store {
	s := &retrying{store, p}
	if c, ok := store.(objstore.Composer); ok {
		return composer{s, c}
	}
	return s
}

type retrying struct {
	under  objstore.Store
	policy Policy
}

// temporary reports whether another try may succeed.
func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// refused reports whether the operation certainly did not happen.
func refused(err error) bool {
	var r interface{ Refused() bool }
	return errors.As(err, &r) && r.Refused()
}

// wait passes the time before try n+1, and reports whether there is to be one after err, the n-th try's.
func (p Policy) wait(ctx context.Context, n int, err error) bool {
	if err == nil || n >= p.Tries || !temporary(err) {
		return false
	}
	most := min(p.First<<min(n-1, 30), p.Most)
	if most <= 0 {
		most = p.Most
	}
	t := time.NewTimer(rand.N(most + 1))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// again runs try until it succeeds or there is no other try.
func (p Policy) again(ctx context.Context, try func() error) error {
	for n := 1; ; n++ {
		err := try()
		if !p.wait(ctx, n, err) {
			return ended(ctx, err)
		}
	}
}

// ended is err, or that of the context that ended while a failure was waited out.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && temporary(err) {
		return ctx.Err()
	}
	return err
}

// Stat implements objstore.Stater.
func (s *retrying) Stat(ctx context.Context, key string) (o objstore.Object, err error) {
	err = s.policy.again(ctx, func() error {
		o, err = objstore.Stat(ctx, s.under, key)
		return err
	})
	return o, err
}

// Delete implements objstore.Store.
func (s *retrying) Delete(ctx context.Context, keys ...string) error {
	return s.policy.again(ctx, func() error { return s.under.Delete(ctx, keys...) })
}

// List implements objstore.Store.
func (s *retrying) List(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return s.list(ctx, func() iter.Seq2[objstore.Object, error] { return s.under.List(ctx, prefix) })
}

// Level implements objstore.Leveler.
func (s *retrying) Level(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return s.list(ctx, func() iter.Seq2[objstore.Object, error] { return objstore.Level(ctx, s.under, prefix) })
}

// list lists again after an error, and leaves out what was given before.
func (s *retrying) list(ctx context.Context, begin func() iter.Seq2[objstore.Object, error]) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		last := "" // before every key
		for n := 1; ; n++ {
			var failed error
			for o, err := range begin() {
				if failed = err; err != nil {
					break
				}
				if o.Key <= last {
					continue
				}
				last, n = o.Key, 1
				if !yield(o, nil) {
					return
				}
			}
			if !s.policy.wait(ctx, n, failed) {
				if failed != nil {
					yield(objstore.Object{}, ended(ctx, failed))
				}
				return
			}
		}
	}
}

// composer is a retrying store over a Composer.
type composer struct {
	*retrying
	under objstore.Composer
}

// Compose implements objstore.Composer.
func (c composer) Compose(ctx context.Context, key, version string, sources ...string) error {
	repeatable := version == "" && !slices.Contains(sources, key)
	for n := 1; ; n++ {
		err := c.under.Compose(ctx, key, version, sources...)
		if !repeatable && !refused(err) || !c.policy.wait(ctx, n, err) {
			return ended(ctx, err)
		}
	}
}

// Get implements objstore.Store.
func (s *retrying) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	b := &body{ctx: ctx, policy: s.policy, key: key}
	b.open = func() (io.ReadCloser, error) { return s.under.Get(ctx, key, off, n) }
	err := s.policy.again(ctx, func() (err error) {
		b.in, err = b.open()
		return err
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}
