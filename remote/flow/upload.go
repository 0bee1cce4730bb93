package flow

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"sshell/pipes/objstore"
	"sshell/remote/ledger"
)

// errTooLong is why an output is none.
var errTooLong = errors.New("the output is longer than an object can be, 5 TiB")

// removeAtOnce is how many keys are removed at a time while outputs come. A run that has fewer leaves them to its end.
const removeAtOnce = 40

// failure puts the object's name before an error of its parts.
func (c *collector) failure(err error) error {
	name, _ := c.out.Object()
	return fmt.Errorf("%s: %w", name, cause(err))
}

// fail ends what is under way. The first counts.
func (c *collector) fail(err error) { c.stop(err) }

// failed is why there will be no object.
func (c *collector) failed() error { return context.Cause(c.ctx) }

// slot takes one of slots, and reports false when there is none to wait for any more.
func (c *collector) slot(slots chan struct{}) bool {
	select {
	case slots <- struct{}{}:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// number makes the next part's.
func (c *collector) number() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tags = append(c.tags, "")
	return len(c.tags)
}

// part copies a portion, in several parts where it is longer than one can be.
func (c *collector) part(p portion) {
	n := p.length()
	count := (n + objstore.MaxPart - 1) / objstore.MaxPart // equal ones
	p.uses.Add(int32(count) - 1)
	for i := range count {
		number, one := c.number(), portion{p.origin, p.start + n*i/count, p.start + n*(i+1)/count}
		if !c.slot(c.copies) {
			return
		}
		c.jobs.Go(func() {
			defer func() { <-c.copies }()
			c.copy(number, one)
		})
	}
}

// copy has the store make a portion a part.
func (c *collector) copy(number int, p portion) {
	if !c.wait(p) {
		return
	}
	u, err := c.begin()
	if err != nil {
		c.fail(err)
		return
	}
	from, err := objstore.ParseURL(p.name)
	var tag string
	if err == nil {
		tag, err = c.parts.CopyPart(c.ctx, u, number, from.Key, p.start, p.length())
	}
	if err != nil {
		c.fail(c.failure(err))
		return
	}
	c.mu.Lock()
	c.tags[number-1] = tag
	c.mu.Unlock()
	c.done(p)
}

// wait waits until a portion is there, and reports false when it will not be.
func (c *collector) wait(p portion) bool {
	if p.made == nil {
		return true
	}
	select {
	case <-p.made:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// done says that a portion is in the upload, or in a longer one.
func (c *collector) done(p portion) {
	if p.uses.Add(-1) > 0 {
		return
	}
	u, err := objstore.ParseURL(p.name)
	if err != nil {
		return
	}
	c.mu.Lock()
	c.copied = append(c.copied, u.Key, path.Join(path.Dir(u.Key), "commit"))
	var keys []string
	if len(c.copied) >= removeAtOnce {
		keys, c.copied = c.copied, nil
	}
	c.mu.Unlock()
	if keys != nil {
		_ = c.store.Delete(c.ctx, keys...) // what stays is removed at the end
	}
}

// beginUpload begins the upload, and notes it in the ledger, in the bucket that the run's ledger is in.
func (c *collector) beginUpload() (objstore.Upload, error) {
	u, err := c.parts.Begin(c.ctx, c.name.Key)
	if err != nil {
		return u, c.failure(err)
	}
	c.upload = &u
	s, err := c.s.scratch.storer.Bucket(c.ctx, c.s.scratch.storer.Scratch())
	if err == nil {
		err = c.entry().Note(c.ctx, s, 1)
	}
	if err != nil {
		err = c.failure(fmt.Errorf("write ledger: %w", cause(err)))
	}
	return u, err
}

// entry is the upload's in the ledger: the run's first, and only one.
func (c *collector) entry() ledger.Upload {
	e := ledger.Upload{Run: c.s.id, Bucket: c.name.Bucket, Key: c.name.Key, Begun: time.Now()}
	if c.upload != nil {
		e.ID, e.Mark = c.upload.ID, c.upload.Mark
	}
	return e
}

func (c *collector) entryName() string {
	return objstore.URL{Bucket: c.s.scratch.storer.Scratch(), Key: c.entry().EntryKey(1)}.String()
}

// abandon aborts the upload. No job may run. Where that fails the bucket's rule removes it, or who finds it in the ledger.
func (c *collector) abandon() {
	if c.upload == nil {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), tidyTime)
	defer stop()
	if c.parts.Abort(ctx, *c.upload) != nil {
		return
	}
	if s, err := c.s.scratch.storer.Bucket(ctx, c.s.scratch.storer.Scratch()); err == nil {
		_ = s.Delete(ctx, c.entry().EntryKey(1))
	}
}
