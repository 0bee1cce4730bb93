package objpipe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore"
)

const (
	// maxTries and firstWait make some two seconds of tries in all: a store's retries for one request come before
	// them, and an end that gives up costs an attempt.
	maxTries  = 5
	firstWait = 25 * time.Millisecond // before the second try; each wait is four times the last
)

// requests are those of one end, counted.
type requests struct {
	store objstore.Store
	root  string // what the keys begin with, with its slash
	token uint64

	bytes, puts, gets, misses atomic.Int64
}

// Stats implements pipes.Writer and pipes.Reader.
func (q *requests) Stats() pipes.Stats {
	return pipes.Stats{Bytes: q.bytes.Load(), Puts: q.puts.Load(), Gets: q.gets.Load(), Misses: q.misses.Load()}
}

// again calls f until it succeeds, fails for good or has failed too often.
func again(ctx context.Context, f func() error) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := f()
		if err == nil || isFinal(err) || try == maxTries || ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(wait/2 + rand.N(wait/2)) // spread, as those who failed at once should not come back at once
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		wait *= 4
	}
}

// isFinal reports whether err is an answer, as against a fault that may pass.
func isFinal(err error) bool {
	for _, answer := range []error{fs.ErrExist, fs.ErrNotExist, fs.ErrPermission, objstore.ErrChanged, objstore.ErrKey, errFormat} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

func (q *requests) put(ctx context.Context, name string, data []byte, create bool) error {
	return again(ctx, func() error {
		q.puts.Add(1)
		return q.store.Put(ctx, q.root+name, bytes.NewReader(data), int64(len(data)), create)
	})
}

// create stores an object of this end's token. If the name is taken by another it returns that, as a probe does. One that
// has the same token and flags is the object itself, by a try whose response was lost; with other flags it is a block of this
// end's that arrived after its request was given up.
func (q *requests) create(ctx context.Context, name string, data []byte) (taken *block, err error) {
	err = q.put(ctx, name, data, true)
	if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	b, err := q.get(ctx, name, probeSize)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read back %s: %w", name, err)
	case b.token == q.token && b.flags == data[flagsAt]:
		return nil, nil
	}
	return b, nil
}

// get reads an object, or its first limit bytes if limit is not negative.
func (q *requests) get(ctx context.Context, name string, limit int64) (b *block, err error) {
	err = again(ctx, func() error {
		q.gets.Add(1)
		body, err := q.store.Get(ctx, q.root+name, 0, limit)
		if err != nil {
			return err
		}
		defer body.Close()
		b, err = readBlock(body, limit)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		q.misses.Add(1)
	}
	return b, err
}

func blockName(n uint64) string { return strconv.FormatUint(n, 10) }

// probe looks at block n.
func (q *requests) probe(ctx context.Context, n uint64) (*block, error) {
	b, err := q.get(ctx, blockName(n), probeSize)
	if err == nil && b.number != n {
		err = fmt.Errorf("block %d: %w: it is block %d", n, errFormat, b.number)
	}
	return b, err
}

// has reports whether an object is there.
func (q *requests) has(ctx context.Context, name string) (bool, error) {
	_, err := q.get(ctx, name, headerSize)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
