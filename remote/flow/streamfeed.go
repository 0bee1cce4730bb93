package flow

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"sync"

	"sshell/remote"
	"sshell/remote/chunk"
)

// streamFeed gives the chunks of a stream. They are read ahead by one, so that a task can start while the next one's chunk
// still comes.
type streamFeed struct {
	splitter *chunk.Splitter
	format   chunk.Format
	about    int64 // bytes, of a chunk
	buffers  *buffers
	opened   *os.File // to be closed, or nil

	start  sync.Once
	cancel context.CancelFunc
	chunks chan loaded
	ended  chan struct{}
}

type loaded struct {
	input *bufferInput
	err   error
}

// newStreamFeed returns a feed of r, which messages call name. opened is closed with it.
func newStreamFeed(r io.Reader, name string, format chunk.Format, spec chunk.Spec, b *buffers, opened *os.File) (*streamFeed, error) {
	if spec.N == 0 {
		spec = chunk.Spec{By: chunk.BySize, N: chunk.DefaultStreamSize}
	}
	splitter, err := chunk.NewSplitter(r, name, format, spec)
	if err != nil {
		return nil, err
	}
	f := &streamFeed{splitter: splitter, format: format, about: chunk.DefaultStreamSize, buffers: b, opened: opened}
	if spec.By == chunk.BySize {
		f.about = spec.N
	}
	f.chunks, f.ended = make(chan loaded), make(chan struct{})
	return f, nil
}

func (f *streamFeed) next(ctx context.Context) (work, error) {
	f.start.Do(func() {
		var loading context.Context
		loading, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
		go f.read(loading)
	})
	select {
	case l, ok := <-f.chunks:
		switch {
		case !ok:
			return work{}, io.EOF
		case l.err != nil:
			return work{}, l.err
		}
		return work{chunk: l.input}, nil
	case <-ctx.Done():
		return work{}, ctx.Err()
	}
}

// read reads chunks until the stream ends.
func (f *streamFeed) read(ctx context.Context) {
	defer close(f.ended)
	defer close(f.chunks)
	for {
		in, err := f.load()
		if errors.Is(err, io.EOF) {
			return
		}
		select {
		case f.chunks <- loaded{in, err}:
		case <-ctx.Done():
			if in != nil {
				in.close()
			}
			return
		}
		if err != nil {
			return
		}
	}
}

// load reads one chunk.
func (f *streamFeed) load() (*bufferInput, error) {
	body, err := f.splitter.Next()
	if err != nil {
		return nil, err
	}
	b, err := f.buffers.add(f.about)
	if err != nil {
		return nil, err
	}
	if _, err := body.WriteTo(b); err != nil {
		b.close()
		return nil, err
	}
	return &bufferInput{b: b, start: body.Start, format: f.format}, nil
}

func (f *streamFeed) total(context.Context) (int64, bool, error) { return 0, false, nil }

// close waits until nobody reads; the reader must have been stopped.
func (f *streamFeed) close() {
	if f.cancel != nil {
		f.cancel()
		for l := range f.chunks {
			if l.input != nil {
				l.input.close()
			}
		}
		<-f.ended
	}
	if f.opened != nil {
		f.opened.Close()
	}
}

// bufferInput is a chunk of a stream.
type bufferInput struct {
	b      *buffer
	start  int64 // in the stream
	format chunk.Format
}

func (in *bufferInput) open() (remote.Input, *os.File, error) {
	return remote.Input{Kind: remote.StreamInput}, in.b.f, in.b.rewind()
}

func (in *bufferInput) size() int64 { return in.b.size }

func (in *bufferInput) env() []string {
	return []string{"SSHELL_START=" + strconv.FormatInt(in.start, 10), "SSHELL_END=" + strconv.FormatInt(in.start+in.b.size, 10)}
}

func (in *bufferInput) name() string {
	return "bytes " + strconv.FormatInt(in.start, 10) + " to " + strconv.FormatInt(in.start+in.b.size, 10)
}

func (in *bufferInput) halve(ctx context.Context) ([]chunkInput, error) {
	if err := in.b.rewind(); err != nil {
		return nil, err
	}
	src, err := chunk.FromFile(in.b.f, "chunk")
	if err != nil {
		return nil, err
	}
	at, err := middle(ctx, chunk.NewCutter(src, in.format), 0, in.b.size)
	if err != nil || at == in.b.size {
		return nil, err
	}
	var halves []chunkInput
	for _, r := range [][2]int64{{0, at}, {at, in.b.size}} {
		b, err := in.b.part(r[0], r[1])
		if err != nil {
			for _, h := range halves {
				h.close()
			}
			return nil, err
		}
		halves = append(halves, &bufferInput{b, in.start + r[0], in.format})
	}
	return halves, nil
}

func (in *bufferInput) close() { in.b.close() }
