package flow

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"strconv"

	"sshell/remote"
	"sshell/remote/chunk"
)

// feed gives the input of one task after the other.
type feed interface {
	// next returns the next task's work, or io.EOF. It is for one goroutine at a time.
	next(ctx context.Context) (work, error)
	// total returns how many tasks are left, if that can be known; it may read ahead.
	total(ctx context.Context) (int64, bool, error)
	close()
}

// work is what is different between tasks: values, or a chunk.
type work struct {
	values []string
	chunk  chunkInput
}

// chunkInput is a chunk as a task's standard input.
type chunkInput interface {
	// open returns the input for an attempt, and a file for StreamInput.
	open() (remote.Input, *os.File, error)
	size() int64
	// env returns what a command is told about the chunk.
	env() []string
	// name says which chunk it is.
	name() string
	// halve returns two chunks of about half the size, or none if there is only one record.
	halve(ctx context.Context) ([]chunkInput, error)
	close()
}

// valueFeed gives values.
type valueFeed struct{ in *inputs }

func (f valueFeed) next(context.Context) (work, error) {
	values, err := f.in.next()
	return work{values: values}, err
}

func (f valueFeed) total(context.Context) (int64, bool, error) {
	n, err := f.in.total()
	return n, true, err
}

func (f valueFeed) close() { f.in.close() }

// fewest is as many sources as are looked at before the first task starts, so that what is wrong with one is said at once.
const checkedSources = 1000

// rangeFeed gives the chunks of sources that can be read anywhere.
type rangeFeed struct {
	objects []*object
	format  chunk.Format
	spec    chunk.Spec
	pull    func() (chunk.Chunk, error, bool)
	stop    func()
}

func newRangeFeed(ctx context.Context, objects []*object, format chunk.Format, spec chunk.Spec) (*rangeFeed, error) {
	f := &rangeFeed{objects: objects, format: format, spec: spec}
	for i, o := range objects {
		if i == checkedSources {
			break
		}
		if err := chunk.Check(ctx, o.Source, format); err != nil {
			f.close()
			return nil, err
		}
	}
	return f, nil
}

func (f *rangeFeed) sources() []chunk.Source {
	var sources []chunk.Source
	for _, o := range f.objects {
		sources = append(sources, o.Source)
	}
	return sources
}

// bytes is the size of all sources.
func (f *rangeFeed) bytes() int64 {
	total := int64(0)
	for _, o := range f.objects {
		total += o.Size()
	}
	return total
}

func (f *rangeFeed) next(ctx context.Context) (work, error) {
	if f.pull == nil {
		f.pull, f.stop = iter.Pull2(chunk.Plan(context.WithoutCancel(ctx), f.sources(), f.format, f.spec))
	}
	if ctx.Err() != nil {
		return work{}, ctx.Err()
	}
	c, err, ok := f.pull()
	if !ok {
		return work{}, io.EOF
	}
	if err != nil {
		return work{}, err
	}
	return work{chunk: &rangeInput{f.objects[c.Source], c.Start, c.End}}, nil
}

func (f *rangeFeed) total(ctx context.Context) (int64, bool, error) {
	n := int64(0)
	for _, err := range chunk.Plan(ctx, f.sources(), f.format, f.spec) {
		if err != nil {
			return 0, false, err
		}
		n++
	}
	return n, true, nil
}

func (f *rangeFeed) close() {
	if f.stop != nil {
		f.stop()
	}
	for _, o := range f.objects {
		o.close()
	}
}

// rangeInput is a range of an object, which the runner reads.
type rangeInput struct {
	o          *object
	start, end int64
}

func (r *rangeInput) open() (remote.Input, *os.File, error) {
	if j, ok := r.o.Source.(*joined); ok {
		return remote.Input{Kind: remote.PiecesInput, Pieces: j.slice(r.start, r.end)}, nil, nil
	}
	return remote.Input{Kind: remote.ChunkInput, Object: r.o.object, Start: r.o.base + r.start, End: r.o.base + r.end}, nil, nil
}

func (r *rangeInput) size() int64 { return r.end - r.start }

func (r *rangeInput) env() []string {
	return []string{"SSHELL_OBJECT=" + r.o.name, "SSHELL_START=" + strconv.FormatInt(r.start, 10),
		"SSHELL_END=" + strconv.FormatInt(r.end, 10)}
}

func (r *rangeInput) name() string {
	return r.o.Name() + ", bytes " + strconv.FormatInt(r.start, 10) + " to " + strconv.FormatInt(r.end, 10)
}

func (r *rangeInput) halve(ctx context.Context) ([]chunkInput, error) {
	at, err := middle(ctx, r.o.cutter, r.start, r.end)
	if err != nil || at == r.end {
		return nil, err
	}
	return []chunkInput{&rangeInput{r.o, r.start, at}, &rangeInput{r.o, at, r.end}}, nil
}

func (r *rangeInput) close() {}

// middle returns the record start in the middle of a chunk, or the first one in it that is not its own; the chunk's end if
// there is none.
func middle(ctx context.Context, c *chunk.Cutter, start, end int64) (int64, error) {
	at, err := c.Cut(ctx, start+(end-start+1)/2)
	if err == nil && at >= end && end-start > 1 {
		at, err = c.Cut(ctx, start+1)
	}
	return min(at, end), err
}

// chainFeed gives the work of several feeds, one after the other.
type chainFeed struct {
	feeds []feed
	at    int
}

func (f *chainFeed) next(ctx context.Context) (work, error) {
	for f.at < len(f.feeds) {
		w, err := f.feeds[f.at].next(ctx)
		if !errors.Is(err, io.EOF) {
			return w, err
		}
		f.at++
	}
	return work{}, io.EOF
}

func (f *chainFeed) total(ctx context.Context) (int64, bool, error) {
	sum := int64(0)
	for _, each := range f.feeds[f.at:] {
		n, ok, err := each.total(ctx)
		if err != nil || !ok {
			return 0, false, err
		}
		sum += n
	}
	return sum, true, nil
}

func (f *chainFeed) close() {
	for _, each := range f.feeds {
		each.close()
	}
}
