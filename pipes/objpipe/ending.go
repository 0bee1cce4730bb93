package objpipe

import (
	"context"
	"errors"
	"io/fs"

	"sshell/pipes"
)

// conclude breaks the stream at the first block from n on that is not there, unless it ends before that, and returns its
// ending. All blocks below n are there and do not end it.
func (q *requests) conclude(ctx context.Context, n uint64, cause *pipes.Broken) (*block, error) {
	for ; ; n++ {
		b, err := q.probe(ctx, n)
		if errors.Is(err, fs.ErrNotExist) {
			b, err = q.create(ctx, blockName(n), brokenBlock(cause, q.token, n))
			if err == nil && b == nil {
				return &block{flags: flagBroken, token: q.token, number: n, payload: []byte(cause.Next + "\x00" + cause.Cause)}, nil
			}
		}
		if err != nil {
			return nil, err
		}
		if b.ends() {
			return b, nil
		}
		b.recycle()
	}
}

// breakUnknown breaks a stream of which nothing is known here.
func (q *requests) breakUnknown(ctx context.Context, cause *pipes.Broken) error {
	n, err := q.search(ctx)
	if err == nil {
		_, err = q.conclude(ctx, n, orNothing(cause))
	}
	return err
}

// search returns a number that all blocks below are there of, not more than window before the first that is not.
func (q *requests) search(ctx context.Context) (uint64, error) {
	// All blocks below low are there but for the window before it; high is not there.
	var low, high uint64
	for {
		there, err := q.has(ctx, blockName(high))
		if err != nil {
			return 0, err
		}
		if !there {
			break
		}
		low, high = high+1, 2*high+1
	}
	for low < high {
		middle := low + (high-low)/2
		there, err := q.has(ctx, blockName(middle))
		switch {
		case err != nil:
			return 0, err
		case there:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low - min(low, window), nil
}

// orNothing is cause, or one that says nothing for nil.
func orNothing(cause *pipes.Broken) *pipes.Broken {
	if cause == nil {
		return new(pipes.Broken)
	}
	return cause
}
