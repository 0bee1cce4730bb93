package chunk

import (
	"context"
	"iter"
	"sync"
)

// inOrder calls work for 0 to n-1, about concurrency at a time and no further
// ahead of the caller, and yields the answers in order. It ends after the first
// error. When it returns no call is running.
func inOrder[T any](ctx context.Context, n int64, concurrency int, work func(context.Context, int64) (T, error)) iter.Seq2[T, error] {
	type answer struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		var running sync.WaitGroup
		defer running.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		answers := make([]chan answer, concurrency)
		start := func(k int64) {
			ch := make(chan answer, 1)
			answers[k%int64(concurrency)] = ch
			running.Go(func() {
				value, err := work(ctx, k)
				ch <- answer{value, err}
			})
		}
		for k := range min(n, int64(concurrency)) {
			start(k)
		}
		for k := range n {
			a := <-answers[k%int64(concurrency)]
			if next := k + int64(concurrency); a.err == nil && next < n {
				start(next)
			}
			if !yield(a.value, a.err) || a.err != nil {
				return
			}
		}
	}
}
