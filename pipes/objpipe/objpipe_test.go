package objpipe

import (
	"context"
	"testing"

	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
	"sshell/pipes/pipetest"
)

// apart is a transport whose writers, readers and onlookers know of each other only by the store, as on three machines.
type apart struct{ writers, readers, others *Transport }

func newApart(s objstore.Store) apart {
	return apart{New(s, "tmp/run/pipes"), New(s, "tmp/run/pipes"), New(s, "tmp/run/pipes")}
}

func (apart) Replays() {}

func (a apart) Create(ctx context.Context, name string) (pipes.Writer, error) {
	return a.writers.Create(ctx, name)
}

func (a apart) Open(ctx context.Context, name string) (pipes.Reader, error) {
	return a.readers.Open(ctx, name)
}

func (a apart) Break(ctx context.Context, name string, cause *pipes.Broken) error {
	return a.others.Break(ctx, name, cause)
}

func (a apart) Remove(ctx context.Context, name string) error { return a.others.Remove(ctx, name) }

func TestMem(t *testing.T) {
	pipetest.Run(t, pipetest.Config{Open: func(*testing.T) pipes.Transport { return New(new(mem.Store), "tmp/run/pipes") }})
}

func TestMemApart(t *testing.T) {
	pipetest.Run(t, pipetest.Config{Virtual: true, Open: func(*testing.T) pipes.Transport { return newApart(new(mem.Store)) }})
}
