package artifact

import (
	"context"
	"sync"
)

// flights does what concurrent callers ask for once, and remembers what came of it. An error is not remembered: those who
// waited try themselves, because it may be of the context of the one that tried.
type flights[K comparable, V any] struct {
	mu sync.Mutex
	m  map[K]*flight[V]
}

type flight[V any] struct {
	done chan struct{}
	val  V
	err  error
}

// maxKnown bounds what flights remembers. A shell that stays for long may see that many states of files.
const maxKnown = 1 << 16

func (f *flights[K, V]) do(ctx context.Context, key K, work func() (V, error)) (V, error) {
	for {
		f.mu.Lock()
		one, ok := f.m[key]
		if !ok {
			one = &flight[V]{done: make(chan struct{})}
			if f.m == nil || len(f.m) >= maxKnown {
				f.m = make(map[K]*flight[V])
			}
			f.m[key] = one
		}
		f.mu.Unlock()
		if !ok {
			return f.lead(key, one, work)
		}
		select {
		case <-one.done:
		case <-ctx.Done():
			return one.val, ctx.Err()
		}
		if one.err == nil {
			return one.val, nil
		}
	}
}

func (f *flights[K, V]) lead(key K, one *flight[V], work func() (V, error)) (V, error) {
	defer close(one.done)
	if one.val, one.err = work(); one.err != nil {
		f.forget(key, one)
	}
	return one.val, one.err
}

func (f *flights[K, V]) forget(key K, one *flight[V]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.m[key] == one {
		delete(f.m, key)
	}
}

// clear forgets everything.
func (f *flights[K, V]) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.m = nil
}

// drop forgets one key.
func (f *flights[K, V]) drop(key K) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.m[key]; one != nil {
		select {
		case <-one.done:
			delete(f.m, key)
		default: // another has begun anew
		}
	}
}
