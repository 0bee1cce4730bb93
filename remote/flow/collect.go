package flow

import (
	"context"
	"sync"
	"sync/atomic"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
)

const (
	// joinSize is how many bytes of short outputs are joined into one at least: enough that the time of a task goes by with
	// copying, which takes 0.2 s.
	joinSize = 16 << 20
	// joinMost is how many outputs one task joins: a request for each takes it 1 s, at 16 at a time.
	joinMost = 1000
	// joinsAtOnce is how many tasks join at a time.
	joinsAtOnce = 8
	// copiesAtOnce is how many parts are copied at a time: S3 copies 100 MB in about a second, so that 16 go along with
	// tasks that write 1.6 GB/s.
	copiesAtOnce = 16
	// shortRest and shortPieces are how many bytes, in how many objects, are left to whoever makes the object, as they
	// are, where there is nothing else.
	shortRest   = 128 << 10
	shortPieces = 16
	// growAfter is the number of parts after which they must be twice as long, up to mostGrowth times the least: 10,000 of
	// them reach 5.6 TiB, and half a part of the longest is one still.
	growAfter  = 960
	mostGrowth = 9
)

// collector makes the segment's output of those of its tasks while they come: each is copied by the store as parts of one
// upload, in their order, which appears when the pipeline is done. Short ones, of which S3 makes no parts, are joined by
// tasks first. What has been copied is removed.
type collector struct {
	s     *segment
	ctx   context.Context // of the parts
	stop  context.CancelCauseFunc
	out   plan.ObjectOutput
	name  objstore.URL // of the object that is put together
	store objstore.Store
	parts objstore.Uploader // store

	rest  []portion // that are no part yet
	size  int64     // of rest
	total int64     // bytes so far

	jobs   sync.WaitGroup
	joins  chan struct{}
	copies chan struct{}
	begin  func() (objstore.Upload, error) // once, with the first part
	upload *objstore.Upload                // nil before; for others than begin when no job runs

	mu     sync.Mutex
	tags   []string // of the parts, empty for those under way
	copied []string // keys of what is to be removed
}

// origin is an object of which portions become parts.
type origin struct {
	name string        // there when made is closed
	made chan struct{} // nil for what a task of the segment's stored before
	uses atomic.Int32  // portions that are still needed
}

// portion is the range [start, end) of an origin.
type portion struct {
	*origin
	start, end int64
}

func (p portion) length() int64 { return p.end - p.start }

// collect returns what takes the outputs of the segment's last unit, nil if they are to be written to its standard output.
func (s *segment) collect(ctx context.Context, last unit) *collector {
	out, ok := s.Out.(plan.ObjectOutput)
	if !ok || s.scratch == nil || !last.storesOutput() {
		return nil
	}
	name, add := out.Object()
	u, err := objstore.ParseURL(name)
	if err != nil {
		return nil
	}
	store, err := s.scratch.storer.Bucket(ctx, u.Bucket)
	if err != nil {
		return nil
	}
	uploader, ok := store.(objstore.Uploader)
	if !ok {
		return nil
	}
	c := &collector{s: s, out: out, name: u, store: store, parts: uploader,
		joins: make(chan struct{}, joinsAtOnce), copies: make(chan struct{}, copiesAtOnce)}
	if add { // what is in front is settled when the pipeline is done
		if c.name, err = objstore.ParseURL(s.scratch.prefix(u.Bucket) + "whole"); err != nil {
			return nil
		}
	}
	c.ctx, c.stop = context.WithCancelCause(ctx)
	c.begin = sync.OnceValues(c.beginUpload)
	return c
}

func (c *collector) bucket() string { return c.name.Bucket }

// least is how long the next part must be.
func (c *collector) least() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return objstore.MinPart << min(len(c.tags)/growAfter, mostGrowth)
}

func (c *collector) add(h *heldOutput) error {
	for _, p := range h.pieces {
		if c.total += p.End - p.Start; c.total > objstore.MaxObject {
			c.fail(c.failure(errTooLong))
		}
		from := &origin{name: p.Object}
		from.uses.Store(1)
		c.take(portion{from, p.Start, p.End})
	}
	return c.failed()
}

// take makes the next portion a part, or some of one.
func (c *collector) take(p portion) {
	least := c.least()
	if missing := max(0, least-c.size); len(c.rest) > 0 && p.length()-missing >= least {
		if missing > 0 {
			p.uses.Add(1)
			c.keep(portion{p.origin, p.start, p.start + missing})
			p.start += missing
		}
		c.join(true)
		least = c.least()
	}
	if len(c.rest) == 0 && p.length() >= least {
		c.part(p)
		return
	}
	c.keep(p)
	full := len(c.rest) >= joinMost
	switch {
	case c.size >= max(joinSize, least), full && c.size >= least:
		c.join(true)
	case full:
		c.fold()
	}
}

func (c *collector) keep(p portion) {
	c.rest = append(c.rest, p)
	c.size += p.length()
}

// fold has a task make one portion of the rest.
func (c *collector) fold() {
	p := portion{end: c.size}
	p.origin = c.join(false)
	c.keep(p)
}

// end hands over what there is: the object appears when the pipeline is done.
func (c *collector) end(err error, _ plan.Status) error {
	if err != nil {
		c.stop(err)
	} else {
		c.last()
	}
	c.jobs.Wait()
	if err == nil {
		err = c.failed()
	}
	c.stop(nil)
	if err != nil {
		c.abandon()
		return err
	}
	content := plan.Content{Refused: c.s.refused.Load(), Scratch: c.s.scratch.prefix(c.bucket()), Open: c.s.scratch.open(c.bucket())}
	for _, p := range c.rest {
		content.Sources = append(content.Sources, p.name)
	}
	if u := c.upload; u != nil {
		content.Upload = &plan.Upload{Name: c.name.String(), ID: u.ID, Mark: u.Mark, Tags: c.tags, Entry: c.entryName()}
	}
	c.s.scratch.give(c.bucket())
	c.out.Make(content)
	return nil
}

// last makes the rest the last part, which may be short, but for very little where there is no other.
func (c *collector) last() {
	little := len(c.tags) == 0 && c.size <= shortRest
	switch {
	case len(c.rest) == 0, little && len(c.rest) <= shortPieces:
	case little:
		c.fold()
	case len(c.rest) == 1:
		c.part(c.rest[0])
		c.rest = nil
	default:
		c.join(true)
	}
}
