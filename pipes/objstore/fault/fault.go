// Package fault is a store's decorator that injects, by a seed, what goes wrong between a client and a store over a
// network. It is for tests of what must survive that.
//
// Whether the n-th call of one method for one key has a fault, and which, depends on the seed, the method, the key and n
// alone, not on what other goroutines do. A listing's key is its prefix, and that of several keys to delete the first.
//
// What an injected error says of itself is what retries go by: Temporary reports true, and Refused whether the
// operation certainly did not happen. It wraps ErrInjected.
package fault

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"sshell/pipes/objstore"
)

// ErrInjected is wrapped by every error that this package makes.
var ErrInjected = errors.New("injected fault")

// Rates says how often each kind of fault happens, from 0, never, to 1, always. At most one of the kinds but Slow happens
// to a call.
type Rates struct {
	Slow    float64       // a call begins late, by up to Latency
	Latency time.Duration // more than 0 if Slow is
	Refused float64       // a call fails and does nothing, as with a 503
	Lost    float64       // a Put or Delete happens, and fails: its response was lost
	Cut     float64       // a Get's body ends early with an error, a listing at one of its objects
	Half    float64       // a Put reads some of its body, stores nothing and fails
}

// kind is what happens to one call.
type kind int

const (
	none kind = iota
	refused
	lost
	cut
	half
)

func (k kind) String() string {
	return [...]string{"none", "refused", "response lost", "cut", "half written"}[k]
}

// Error is an injected error.
type Error struct{ kind kind }

func (e *Error) Error() string { return ErrInjected.Error() + ": " + e.kind.String() }

// Unwrap makes an Error match ErrInjected.
func (e *Error) Unwrap() error { return ErrInjected }

// Temporary reports that another try may succeed.
func (e *Error) Temporary() bool { return true }

// Refused reports that nothing happened.
func (e *Error) Refused() bool { return e.kind != lost }

// New returns store with faults. It has a Stater and a Leveler's methods, and a Composer's if store has.
func New(store objstore.Store, seed uint64, rates Rates) objstore.Store {
	s := &faulty{under: store, seed: seed, rates: rates, calls: map[call]uint64{}}
	if c, ok := store.(objstore.Composer); ok {
		return composer{s, c}
	}
	return s
}

type faulty struct {
	under objstore.Store
	seed  uint64
	rates Rates

	mu    sync.Mutex
	calls map[call]uint64 // so far
}

// call is a method and the key that it was called for.
type call struct{ op, key string }

// next rolls the dice for a call, which it makes wait if it is slow. A kind that cannot happen to the call has no part in it.
func (s *faulty) next(ctx context.Context, op, key string, kinds ...kind) (kind, *rand.Rand, error) {
	s.mu.Lock()
	n := s.calls[call{op, key}]
	s.calls[call{op, key}]++
	s.mu.Unlock()
	h := fnv.New64a()
	io.WriteString(h, op+"\x00"+key)
	random := rand.New(rand.NewPCG(s.seed, h.Sum64()+n))
	if random.Float64() < s.rates.Slow {
		if err := sleep(ctx, time.Duration(random.Int64N(int64(s.rates.Latency)))); err != nil {
			return none, random, err
		}
	}
	if err := ctx.Err(); err != nil {
		return none, random, err
	}
	at := random.Float64()
	for _, k := range kinds {
		if at -= s.rate(k); at < 0 {
			return k, random, nil
		}
	}
	return none, random, nil
}

func (s *faulty) rate(k kind) float64 {
	switch k {
	case refused:
		return s.rates.Refused
	case lost:
		return s.rates.Lost
	case cut:
		return s.rates.Cut
	}
	return s.rates.Half
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// halfMost is how much of a body is read at most before a Put gives up: enough for several of a body's reads.
const halfMost = 256 << 10

// Put implements objstore.Store.
func (s *faulty) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	k, random, err := s.next(ctx, "put", key, refused, lost, half)
	if err != nil {
		return err
	}
	if k == half {
		if err := readSome(body, size, random.Int64N(halfMost)); err != nil {
			return objstore.KeyError("put", key, err)
		}
	}
	if k == refused || k == half {
		return objstore.KeyError("put", key, &Error{k})
	}
	if err := s.under.Put(ctx, key, body, size, create); err != nil || k != lost {
		return err
	}
	return objstore.KeyError("put", key, &Error{k})
}

// readSome reads at least n bytes of a body of size bytes, in as large steps as a store would, or all of it.
func readSome(body io.Reader, size, n int64) error {
	if size >= 0 {
		body, n = io.LimitReader(body, size), min(n, size/2)
	}
	buf := make([]byte, halfMost)
	for n > 0 {
		m, err := body.Read(buf)
		n -= int64(m)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Get implements objstore.Store.
func (s *faulty) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	k, random, err := s.next(ctx, "get", key, refused, cut)
	if err == nil && k == refused {
		err = objstore.KeyError("get", key, &Error{k})
	}
	if err != nil {
		return nil, err
	}
	body, err := s.under.Get(ctx, key, off, n)
	if err != nil || k != cut {
		return body, err
	}
	// Bodies are short, or much longer than any of these.
	left := int64(1) << random.IntN(24)
	return &cutBody{body, random.Int64N(left), objstore.KeyError("read", key, &Error{k})}, nil
}

// cutBody ends early, unless it is shorter than that.
type cutBody struct {
	io.ReadCloser
	left int64
	err  error
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// Stat implements objstore.Stater.
func (s *faulty) Stat(ctx context.Context, key string) (objstore.Object, error) {
	k, _, err := s.next(ctx, "stat", key, refused)
	if err == nil && k == refused {
		err = objstore.KeyError("stat", key, &Error{k})
	}
	if err != nil {
		return objstore.Object{}, err
	}
	return objstore.Stat(ctx, s.under, key)
}

// List implements objstore.Store.
func (s *faulty) List(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return s.list(ctx, "list", prefix, s.under.List(ctx, prefix))
}

// Level implements objstore.Leveler.
func (s *faulty) Level(ctx context.Context, prefix string) iter.Seq2[objstore.Object, error] {
	return s.list(ctx, "level", prefix, objstore.Level(ctx, s.under, prefix))
}

func (s *faulty) list(ctx context.Context, op, prefix string, list iter.Seq2[objstore.Object, error]) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		k, random, err := s.next(ctx, op, prefix, refused, cut)
		if err == nil && k == refused {
			err = objstore.KeyError(op, prefix, &Error{k})
		}
		if err != nil {
			yield(objstore.Object{}, err)
			return
		}
		left := random.IntN(1 << random.IntN(10)) // of a short listing or a long one
		for o, err := range list {
			if k == cut && left == 0 && err == nil {
				o, err = objstore.Object{}, objstore.KeyError(op, prefix, &Error{k})
			}
			left--
			if !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// Delete implements objstore.Store.
func (s *faulty) Delete(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return s.under.Delete(ctx)
	}
	k, _, err := s.next(ctx, "delete", keys[0], refused, lost)
	if err == nil && k == refused {
		err = objstore.KeyError("delete", keys[0], &Error{k})
	}
	if err != nil {
		return err
	}
	if err := s.under.Delete(ctx, slices.Clone(keys)...); err != nil || k != lost {
		return err
	}
	return objstore.KeyError("delete", keys[0], &Error{k})
}

// composer is a faulty store over a Composer.
type composer struct {
	*faulty
	under objstore.Composer
}

// Compose implements objstore.Composer.
func (c composer) Compose(ctx context.Context, key, version string, sources ...string) error {
	k, _, err := c.next(ctx, "compose", key, refused)
	if err == nil && k == refused {
		err = objstore.KeyError("compose", key, &Error{k})
	}
	if err != nil {
		return err
	}
	return c.under.Compose(ctx, key, version, sources...)
}
