package flow

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sshell/interp/plan"
	"sshell/remote"
	"sshell/remote/keys"
)

// shuffle deals lines out to parts by their keys, and hands each part to a task when the last line has come. Lines of one
// part keep their order.
type shuffle struct {
	*reducing
	parts  []*dealt
	dealer *keys.Dealer
	begun  []remote.Piece // of a line that has not ended, of outputs whose tasks have dealt the others
	out    *order
}

// dealt are the lines of one part.
type dealt struct {
	buf  []byte
	held heldOutput
}

// dealBuffer is how many bytes of a part are collected before they are stored: a thousand parts take 16 MB.
const dealBuffer = 16 << 10

func newShuffle(r *reducing) *shuffle {
	s := &shuffle{reducing: r}
	n := r.o.parts
	if n == 0 {
		n = r.slots
	}
	for range n {
		s.parts = append(s.parts, &dealt{})
	}
	s.dealer = keys.NewDealer(r.o.by, n, s.put)
	return s
}

func (s *shuffle) start(runner remote.Runner) { s.begin(runner) }

func (s *shuffle) add(h *heldOutput) error {
	if s.stored {
		return s.take(h)
	}
	defer s.store.drop(h)
	return s.store.each(h, s.deal)
}

// deal takes the next bytes.
func (s *shuffle) deal(b []byte) error {
	_, err := s.dealer.Write(b)
	return err
}

// put adds a line to its part.
func (s *shuffle) put(part int, line []byte) error {
	p := s.parts[part]
	p.buf = append(p.buf, line...)
	if len(p.buf) < dealBuffer {
		return nil
	}
	return s.keep(p)
}

func (s *shuffle) keep(p *dealt) error {
	err := s.store.add(&p.held, p.buf)
	p.buf = p.buf[:0]
	return err
}

// end runs a task for each part.
func (s *shuffle) end(err error) (plan.Status, error) {
	s.out = s.newOrder(nil)
	if err == nil {
		err = s.dealer.End()
	}
	if err == nil && len(s.begun) > 0 {
		err = s.endLine(nil)
	}
	for _, p := range s.parts {
		if err == nil {
			err = s.keep(p)
		}
		if err != nil {
			s.store.drop(&p.held)
			continue
		}
		p.buf = nil
		err = s.submit([]*heldOutput{&p.held}, s.out.add())
	}
	if err != nil {
		s.cancel(err)
	}
	status, runErr := s.finish()
	if writeErr := s.out.close(); runErr == nil {
		runErr = writeErr
	}
	if err == nil {
		err = runErr
	}
	return status, err
}

// shuffleUnit is `reduce --by` that reads a stream.
type shuffleUnit struct {
	at      int
	options *reduceOptions
	command *command
}

func (s *segment) shuffleUnit(i int, o *reduceOptions) (unit, error) {
	c, err := s.reducer(o, i)
	return &shuffleUnit{at: i, options: o, command: c}, err
}

func (u *shuffleUnit) stages() int { return 1 }

func (u *shuffleUnit) storesOutput() bool { return true }

func (u *shuffleUnit) readsObject(*segment) bool { return false }

func (u *shuffleUnit) explain(_ context.Context, s *segment) ([]string, error) {
	tasks := fmt.Sprintf("tasks %d, one for each part of the keys", len(newShuffle(&reducing{o: u.options, slots: u.options.slots(s.cfg.Cores)}).parts))
	return append([]string{tasks}, s.commandTravels(u.options.runnerOptions(s.dir, false), u.command, u.options.with)...), nil
}

func (u *shuffleUnit) run(ctx context.Context, s *segment, io streams) ([]plan.Status, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := u.options.slots(s.cfg.Cores)
	runner, err := s.runner(u.options.runnerOptions(s.dir, false).beside(u.options.procs, slots))
	if err != nil {
		return nil, err
	}
	stop, err := newWaker()
	if err != nil {
		return nil, err
	}
	defer stop.close()
	defer context.AfterFunc(ctx, stop.wake)()
	to := io.taker()
	var out *sink
	if to == nil {
		if out, err = newSink(io.stdout, stop); err != nil {
			return nil, err
		}
	}
	st := &store{dir: s.cfg.TempDir, ctx: ctx, scratch: s.scratch}
	defer st.close()
	sh := newShuffle(&reducing{
		s: s, o: u.options, name: s.Stages[u.at].Name, command: u.command, ctx: ctx, cancel: cancel, stderr: io.stderr[0],
		out: out, merged: sameFile(io.stdout, io.stderr[0]) && !isDevice(io.stdout), store: st, slots: slots,
		jobs: make(chan *node), stdout: io.stdout, to: to, stored: to != nil,
	})
	sh.start(runner)
	status, err := sh.end(sh.read(io, stop))
	if to != nil {
		if endErr := to.end(err, status); err == nil {
			err = endErr
		}
	}
	if errors.Is(err, errGone) {
		return []plan.Status{statusGone}, nil
	}
	return []plan.Status{status}, err
}

// read deals out a stream.
func (s *shuffle) read(from streams, w *waker) error {
	r, err := newReader(from.stdin, w)
	if err != nil {
		return err
	}
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	for {
		n, err := r.Read(buf[:])
		if dealErr := s.deal(buf[:n]); err == nil {
			err = dealErr
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// newReduce returns the reduce of a mapUnit.
func (r *mapRun) newReduce() reduceRun {
	at := r.at + 1
	common := &reducing{
		s: r.s, o: r.reduce, name: r.s.Stages[r.first+at].Name, command: r.reducer, ctx: r.ctx, cancel: r.cancel,
		stderr: r.io.stderr[at], out: r.out, merged: sameFile(r.io.stdout, r.io.stderr[at]) && !isDevice(r.io.stdout),
		store: r.store, slots: r.reduce.slots(r.options.jobs.slots(r.s.cfg.Cores)), jobs: make(chan *node),
		stdout: r.io.stdout, to: r.io.taker(), stored: r.stored,
	}
	if r.reduce.tree {
		return newTree(common)
	}
	return newShuffle(common)
}
