package pipes

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

// Follow opens a stream for a reader that goes on in the successors of lost attempts. When the stream breaks and Next
// names another, that is read up to where the reader stands; if a digest of these bytes is the same as that of the bytes
// that were read, the reader goes on behind them and its user notices nothing. Otherwise Read returns a *Broken. On a
// Replayer its Next is still set: the stream is there under that name, but the reading command has to start again from its
// beginning. Elsewhere it was read too far for that.
func Follow(ctx context.Context, t Transport, name string) (Reader, error) {
	f := &follower{ctx: ctx, transport: t, digest: sha256.New()}
	var err error
	if f.r, f.drop, err = f.open(name); err != nil {
		return nil, err
	}
	return f, nil
}

type follower struct {
	ctx       context.Context // as a Reader's, for its life
	transport Transport
	digest    hash.Hash // of the n bytes that were read
	n         int64

	mu     sync.Mutex // of what Close and Stats may look at from elsewhere
	r      Reader
	drop   context.CancelFunc // gives r up without a word to its writer
	closed bool
	spent  Stats // by readers before r
}

func (f *follower) open(name string) (Reader, context.CancelFunc, error) {
	ctx, drop := context.WithCancel(f.ctx)
	r, err := f.transport.Open(ctx, name)
	if err != nil {
		drop()
		return nil, nil, err
	}
	return r, drop, nil
}

func (f *follower) current() Reader {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.r
}

// Read implements Reader.
func (f *follower) Read(p []byte) (int, error) {
	for {
		n, err := f.current().Read(p)
		f.digest.Write(p[:n])
		f.n += int64(n)
		broken := successor(err)
		if broken == nil {
			return n, err
		}
		if err := f.goOn(broken); err != nil || n > 0 {
			return n, err
		}
	}
}

// successor is err as a break that another attempt follows, or nil.
func successor(err error) *Broken {
	var broken *Broken
	if errors.As(err, &broken) && broken.Next != "" {
		return broken
	}
	return nil
}

// goOn opens the stream that follows a broken one, or the one that follows that, and stands where f stood.
func (f *follower) goOn(broken *Broken) error {
	for {
		r, drop, err := f.open(broken.Next)
		if err != nil {
			return err
		}
		digest := sha256.New()
		n, err := io.CopyN(digest, r, f.n)
		later := successor(err)
		switch {
		case later != nil:
			f.replace(r, drop)
			broken = later
			continue
		case err != nil && err != io.EOF:
			drop()
			return errors.Join(err, r.Close())
		case n < f.n || !bytes.Equal(digest.Sum(nil), f.digest.Sum(nil)):
			return f.giveUp(broken, r, drop)
		}
		f.digest = digest
		f.replace(r, drop)
		return nil
	}
}

// giveUp leaves a successor that differs to a reader that starts again, if there can be one.
func (f *follower) giveUp(broken *Broken, r Reader, drop context.CancelFunc) error {
	defer drop()
	differs := &Broken{Cause: fmt.Sprintf("%s, and the next attempt's first %d bytes differ", broken.Cause, f.n)}
	if _, ok := f.transport.(Replayer); ok {
		differs.Next = broken.Next
		return differs
	}
	return errors.Join(differs, r.Close())
}

// replace makes r the current reader.
func (f *follower) replace(r Reader, drop context.CancelFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spent = f.spent.plus(f.r.Stats())
	f.r.Close() // of a stream that is broken: nobody is told
	f.drop()
	f.r, f.drop = r, drop
	if f.closed {
		r.Close()
		drop()
	}
}

// Close implements Reader.
func (f *follower) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	defer f.drop()
	return f.r.Close()
}

// Status implements Reader.
func (f *follower) Status() (int, bool) { return f.current().Status() }

// Stats implements Reader. Bytes counts those that were read again.
func (f *follower) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.spent.plus(f.r.Stats())
}

func (s Stats) plus(t Stats) Stats {
	return Stats{s.Bytes + t.Bytes, s.Puts + t.Puts, s.Gets + t.Gets, s.Misses + t.Misses}
}
