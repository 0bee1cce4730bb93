package flow

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"sshell/interp/plan"
	"sshell/remote/chunk"
)

// mapUnit is `parmap`, with the `split` before it and the `reduce --tree` or `--by` behind it, if there are such.
type mapUnit struct {
	split   *splitOptions // nil without split
	options *mapOptions
	reduce  *reduceOptions // nil unless it works on the tasks' outputs
	command *command
	reducer *command
	first   int // the index of the unit's first stage among the segment's
	at      int // the index of parmap among the unit's
}

func (u *mapUnit) stages() int {
	n := u.at + 1
	if u.reduce != nil {
		n++
	}
	return n
}

// chunks reports whether tasks get chunks, as against values.
func (u *mapUnit) chunks() bool { return u.split != nil || u.options.pipe }

// mapUnit reads the words of the unit that begins with stage i.
func (s *segment) mapUnit(i int) (unit, error) {
	u := &mapUnit{first: i}
	if s.Stages[i].Role == plan.Split {
		words, err := s.words(i)
		if err == nil {
			u.split, err = parseSplit(words)
		}
		if err != nil {
			return nil, &stageError{i, err}
		}
		u.at = 1
		i++
	}
	if err := s.parseMap(u, i); err != nil {
		return nil, &stageError{i, err}
	}
	i++
	if i == len(s.Stages) || s.Stages[i].Role != plan.Reduce {
		return u, nil
	}
	o, err := s.parseReduce(i)
	if err == nil && (o.tree || o.by != nil) {
		u.reduce = o
		u.reducer, err = s.reducer(o, i)
	}
	if err != nil {
		return nil, &stageError{i, err}
	}
	return u, nil
}

func (s *segment) parseMap(u *mapUnit, i int) error {
	words, err := s.words(i)
	if err != nil {
		return err
	}
	if u.options, err = parseMap(words, u.split != nil); err != nil {
		return err
	}
	t := &tokens{instead: u.options.args.instead}
	if u.chunks() {
		t = nil
	}
	if u.command, err = newCommand(u.options.command, t, !u.chunks(), s.Snapshot); err != nil {
		return err
	}
	u.command.env = s.Stages[i].Env
	return nil
}

func (s *segment) reducer(o *reduceOptions, i int) (*command, error) {
	c, err := newCommand(o.words, nil, false, s.Snapshot)
	if err == nil {
		c.env = s.Stages[i].Env
	}
	return c, err
}

// feed opens what the tasks read.
func (u *mapUnit) feed(ctx context.Context, s *segment, from streams, slots int, w *waker) (feed, error) {
	if !u.chunks() {
		in, err := openInputs(&u.options.args, from.stdin, func(name string) (*os.File, error) { return s.openFile(ctx, name) }, w)
		if err != nil {
			return nil, err
		}
		return valueFeed{in}, nil
	}
	format, spec, names := u.options.format.format, u.options.spec(), []string{"-"}
	if u.split != nil {
		format, spec = u.split.format.format, u.split.size.spec
		if len(u.split.sources) > 0 {
			var err error
			if names, err = s.expand(ctx, u.split.sources); err != nil {
				return nil, err
			}
		}
	}
	b := &builder{ctx: ctx, s: s, from: from, slots: slots, w: w, format: format, spec: spec, buffers: &buffers{dir: s.cfg.TempDir}}
	return b.build(names)
}

// readsStream reports whether the tasks' chunks are of standard input alone.
func (u *mapUnit) readsStream() bool {
	if u.split == nil {
		return u.options.pipe
	}
	names := u.split.sources
	return len(names) == 0 || len(names) == 1 && names[0] == "-"
}

func (u *mapUnit) readsObject(*segment) bool { return u.readsStream() }

// storesOutput is false for output that is looked at, or written elsewhere, on its way.
func (u *mapUnit) storesOutput() bool {
	o := u.options
	switch {
	case o.dryRun:
		return false
	case u.reduce != nil:
		return true
	}
	return !o.tagged && !o.ungroup && o.results == "" && (!o.lines || o.keep)
}

// spec says how large the chunks of --pipe are.
func (o *mapOptions) spec() chunk.Spec {
	if o.args.max > 0 {
		return chunk.Spec{By: chunk.ByRecords, N: int64(o.args.max)}
	}
	return chunk.Spec{By: chunk.BySize, N: o.block}
}

// openFile opens a file of values.
func (s *segment) openFile(ctx context.Context, name string) (*os.File, error) {
	if files := s.cfg.Files; files != nil && files.Has(name) {
		return files.Open(ctx, name)
	}
	// Without O_NONBLOCK the open of a named pipe would wait for its writer, and could not be interrupted.
	f, err := os.OpenFile(s.path(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, &os.PathError{Op: "read", Path: name, Err: errIsDir}
	}
	return f, nil
}

// builder makes the feed of split's sources: those that can be read anywhere together, streams each by itself.
type builder struct {
	ctx     context.Context
	s       *segment
	from    streams
	slots   int
	w       *waker
	format  chunk.Format
	spec    chunk.Spec
	buffers *buffers

	feeds   []feed
	objects []*object
}

func (b *builder) build(names []string) (feed, error) {
	for _, name := range names {
		if err := b.add(name); err != nil {
			b.close()
			return nil, err
		}
	}
	if err := b.flush(); err != nil {
		b.close()
		return nil, err
	}
	if len(b.feeds) == 1 {
		return b.feeds[0], nil
	}
	return &chainFeed{feeds: b.feeds}, nil
}

// add adds a source.
func (b *builder) add(name string) error {
	var o *object
	var err error
	switch g, _ := b.from.from.(*gather); {
	case name != "-":
		o, err = b.s.openObject(b.ctx, name, b.format)
	case g != nil && cuts(b.format, b.spec):
		if err := b.flush(); err != nil {
			return err
		}
		b.feeds = append(b.feeds, newGatherFeed(g, b.format, b.spec))
		return nil
	case g != nil:
		var all *joined
		if all, err = g.wait(b.ctx); err == nil {
			o = all.object(b.format)
		}
	case b.from.object != "":
		o, err = b.s.openObject(b.ctx, b.from.object, b.format)
	default:
		o, err = openInput(b.from.stdin, b.format)
	}
	if err == nil {
		b.objects = append(b.objects, o)
		return nil
	}
	if !isStream(err) {
		return err
	}
	if err := b.flush(); err != nil {
		return err
	}
	return b.stream(name)
}

// stream adds a source that is read from one end to the other.
func (b *builder) stream(name string) error {
	f, opened := b.from.stdin, (*os.File)(nil)
	label := "standard input"
	if name != "-" {
		var err error
		if f, err = b.s.openFile(b.ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, cause(err))
		}
		opened, label = f, name
	}
	widen(f, inputPipe)
	r, err := newReader(f, b.w)
	if err == nil {
		var stream *streamFeed
		if stream, err = newStreamFeed(r, label, b.format, b.spec, b.buffers, opened); err == nil {
			b.feeds = append(b.feeds, stream)
			return nil
		}
	}
	if opened != nil {
		opened.Close()
	}
	return err
}

// inputPipe is how much a pipe is made to hold that a stream comes through, in bytes: what Linux lets anybody have. Its writer
// and we take turns less often.
const inputPipe = 1 << 20

// flush makes a feed of the sources so far.
func (b *builder) flush() error {
	if len(b.objects) == 0 {
		return nil
	}
	objects, spec := b.objects, b.spec
	b.objects = nil
	f, err := newRangeFeed(b.ctx, objects, b.format, spec)
	if err != nil {
		return err
	}
	if spec.N == 0 {
		f.spec = chunk.Spec{By: chunk.BySize, N: chunk.DefaultSize(f.bytes(), b.slots)}
	}
	b.feeds = append(b.feeds, f)
	return nil
}

func (b *builder) close() {
	for _, f := range b.feeds {
		f.close()
	}
	for _, o := range b.objects {
		o.close()
	}
}
