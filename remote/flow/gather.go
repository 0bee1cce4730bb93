package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/chunk"
)

// gather collects outputs for a unit that cuts them anew: while they come, where a cut can be found by what stands around it.
type gather struct {
	s *segment

	mu      sync.Mutex
	all     joined
	ended   bool
	err     error         // why all is no whole, when it has ended
	gone    bool          // nobody reads any more
	changed chan struct{} // closed when more comes, or nothing any more; another one then
}

func newGather(s *segment) *gather {
	return &gather{s: s, all: joined{scratch: s.scratch, starts: []int64{0}}, changed: make(chan struct{})}
}

func (g *gather) bucket() string { return g.s.scratch.storer.Scratch() }

func (g *gather) add(h *heldOutput) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gone {
		return errGone
	}
	for _, p := range h.pieces {
		g.all.add(p)
	}
	g.tell()
	return nil
}

func (g *gather) end(err error, _ plan.Status) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended, g.err = true, err
	g.tell()
	return nil
}

// tell wakes who waits. g.mu is held.
func (g *gather) tell() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// leave says that nobody reads any more.
func (g *gather) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
}

// soFar gives what has come, whether that is all, and what is closed when there is more.
func (g *gather) soFar() (all *joined, ended bool, changed <-chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	j := g.all // whose lists only grow
	return &j, g.ended, g.changed, g.err
}

// wait waits for all outputs.
func (g *gather) wait(ctx context.Context) (*joined, error) {
	for {
		all, ended, changed, err := g.soFar()
		if ended {
			return all, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// growing is what has come of outputs as a chunk.Source to which more may be added.
type growing struct {
	*joined
	ended bool
}

// errMore says that a cut depends on what has not come yet.
var errMore = errors.New("more is to come")

// Size implements chunk.Source. Where the end is not known it is far away.
func (s growing) Size() int64 {
	if s.ended {
		return s.joined.Size()
	}
	return math.MaxInt64
}

// ReadRange reads from byte off on. Without an end what has not come is errMore.
func (s growing) ReadRange(ctx context.Context, p []byte, off int64) (int, error) {
	if !s.ended && off > s.joined.Size()-int64(len(p)) {
		return 0, errMore
	}
	return s.joined.ReadRange(ctx, p, off)
}

// ReadAt implements io.ReaderAt.
func (s growing) ReadAt(p []byte, off int64) (int, error) {
	return s.ReadRange(context.Background(), p, off)
}

// gatherFeed gives the chunks of outputs while they come, the same ones as of a stream.
type gatherFeed struct {
	g       *gather
	format  chunk.Format
	size    int64 // bytes, of a chunk
	at      int64 // where the next one begins
	checked bool  // the beginning was found good
}

// cuts reports whether chunks can be cut of what has not come whole: by size, and not where all that stands before counts.
func cuts(format chunk.Format, spec chunk.Spec) bool {
	return spec.By == chunk.BySize && format.String() != "csv"
}

func newGatherFeed(g *gather, format chunk.Format, spec chunk.Spec) *gatherFeed {
	f := &gatherFeed{g: g, format: format, size: spec.N}
	if f.size == 0 {
		f.size = chunk.DefaultStreamSize
	}
	return f
}

func (f *gatherFeed) next(ctx context.Context) (work, error) {
	for {
		all, ended, changed, err := f.g.soFar()
		if err != nil {
			return work{}, err
		}
		end, err := f.end(ctx, growing{all, ended})
		switch {
		case err == nil && end > f.at:
			in := &rangeInput{all.object(f.format), f.at, end}
			f.at = end
			return work{chunk: in}, nil
		case err == nil:
			return work{}, io.EOF
		case !errors.Is(err, errMore):
			return work{}, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return work{}, ctx.Err()
		}
	}
}

// end returns where the next chunk ends, which is where it begins if there is none.
func (f *gatherFeed) end(ctx context.Context, s growing) (int64, error) {
	known := s.joined.Size()
	if !f.checked {
		if err := chunk.Check(ctx, s, f.format); err != nil {
			return 0, err
		}
		f.checked = true
	}
	target := f.at + f.size - f.at%f.size
	switch {
	case target < known:
		return chunk.Cut(ctx, s, f.format, target)
	case s.ended:
		return known, nil
	}
	return 0, fmt.Errorf("%s: %w", s.Name(), errMore)
}

func (f *gatherFeed) total(context.Context) (int64, bool, error) { return 0, false, nil }

func (f *gatherFeed) close() { f.g.leave() }

// add appends a piece.
func (j *joined) add(p remote.Piece) {
	if p.End > p.Start {
		j.pieces = append(j.pieces, p)
		j.starts = append(j.starts, j.Size()+p.End-p.Start)
	}
}

// object returns j as a source of chunks.
func (j *joined) object(format chunk.Format) *object {
	return &object{Source: j, name: "-", close: func() {}, cutter: chunk.NewCutter(j, format)}
}
