package flow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
	"sshell/remote"
)

// scratch is what the tasks of a segment store of their outputs, on a target that can: objects below tmp/<run>/tasks/, each
// task's under a number of its own, and streams between tasks.
type scratch struct {
	storer remote.Storer
	run    string
	last   atomic.Int64 // task's number

	mu      sync.Mutex
	buckets map[string]bool // where there are objects, or false where there may be
	streams []string
	marked  bool // streamsOpen was made
	lists   []remote.Lister
	given   string // the bucket whose objects are somebody else's to remove
}

// openScratch returns the segment's scratch, nil on a target whose tasks store nothing, or that cannot be had: the units say
// why, by their names.
func (s *segment) openScratch() *scratch {
	if s.Target == plan.Local {
		return nil
	}
	r, err := s.runner(RunnerOptions{Dir: s.dir})
	if err != nil {
		return nil
	}
	storer, ok := r.(remote.Storer)
	if !ok {
		return nil
	}
	return &scratch{storer: storer, run: s.id, buckets: make(map[string]bool)}
}

// prefix is how the names of objects in a bucket begin.
func (c *scratch) prefix(bucket string) string {
	return objstore.URL{Bucket: bucket, Key: "tmp/" + c.run + "/tasks/"}.String()
}

// open is the name of the object that is there while tasks may store others in a bucket; see remote.Output.
func (c *scratch) open(bucket string) string { return c.prefix(bucket) + "open" }

// object names a new task's output in a bucket.
func (c *scratch) object(ctx context.Context, bucket string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.buckets[bucket] {
		c.buckets[bucket] = false
		if err := c.put(ctx, c.open(bucket)); err != nil {
			return "", err
		}
		c.buckets[bucket] = true
	}
	return c.prefix(bucket) + strconv.FormatInt(c.last.Add(1), 10), nil
}

// putTime bounds the request for a mark, which is not given up with the segment: it could come after the removal then. The
// SDK waits up to 20 s before it asks again a store that is busy.
const putTime = 45 * time.Second

// put stores a mark.
func (c *scratch) put(ctx context.Context, name string) error {
	u, err := objstore.ParseURL(name)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), putTime)
	defer stop()
	s, err := c.storer.Bucket(ctx, u.Bucket)
	if err == nil {
		err = s.Put(ctx, u.Key, strings.NewReader(""), 0, false)
	}
	if err != nil {
		return fmt.Errorf("store in %s%s: %w", objstore.Scheme, u.Bucket, cause(err))
	}
	return nil
}

// streamsOpen names the object that is there while tasks may use the streams between them, which it makes at the first call; see
// remote.Output.
func (c *scratch) streamsOpen(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := c.prefix(c.storer.Scratch()) + "streams"
	if c.marked {
		return name, nil
	}
	if err := c.put(ctx, name); err != nil {
		return "", err
	}
	c.marked = true
	return name, nil
}

// output is where an attempt stores its output: beside those of other attempts at the task that object named.
func (c *scratch) output(object string, attempt int) remote.Output {
	bucket, _, _ := strings.Cut(strings.TrimPrefix(object, objstore.Scheme), "/")
	return remote.Output{Kind: remote.ObjectOutput, Object: object + "/" + strconv.Itoa(attempt), Commit: object + "/commit",
		Open: c.open(bucket)}
}

// stream names a new stream.
func (c *scratch) stream() string {
	name := "between-" + strconv.FormatInt(c.last.Add(1), 10)
	c.use(name)
	return name
}

// use has a stream removed at the end.
func (c *scratch) use(stream string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams = append(c.streams, stream)
}

// list begins the list of a stream's pieces.
func (c *scratch) list(ctx context.Context, stream string) (remote.Lister, error) {
	l, err := c.storer.List(ctx, c.run, stream)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists = append(c.lists, l)
	return l, nil
}

// give leaves the objects of a bucket to somebody else.
func (c *scratch) give(bucket string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given = bucket
}

// tidyTime bounds the removal of what a segment stored. What it leaves expires by the bucket's rule.
const tidyTime = time.Minute

// close removes what is left. No task may run.
func (c *scratch) close() error {
	ctx, stop := context.WithTimeout(context.Background(), tidyTime)
	defer stop()
	var all error
	if len(c.streams) > 0 {
		all = c.removeMark(ctx)
	}
	for _, l := range c.lists {
		l.Break("the segment is over") // one that was left, or is being broken, may have a piece under way
	}
	for _, name := range c.streams {
		all = errors.Join(all, c.storer.RemoveStream(ctx, c.run, name))
	}
	for bucket := range c.buckets {
		if bucket != c.given {
			all = errors.Join(all, c.remove(ctx, bucket))
		}
	}
	return all
}

// removeMark removes what streamsOpen made, or may have made.
func (c *scratch) removeMark(ctx context.Context) error {
	s, err := c.storer.Bucket(ctx, c.storer.Scratch())
	if err != nil {
		return err
	}
	u, err := objstore.ParseURL(c.prefix(c.storer.Scratch()) + "streams")
	if err != nil {
		return err
	}
	return s.Delete(ctx, u.Key)
}

// remove removes what there is in a bucket.
func (c *scratch) remove(ctx context.Context, bucket string) error {
	s, err := c.storer.Bucket(ctx, bucket)
	if err != nil {
		return err
	}
	u, err := objstore.ParseURL(c.open(bucket))
	if err != nil {
		return err
	}
	if err := objstore.RemoveAll(ctx, s, u.Key); err != nil { // first: see remote.Output
		return err
	}
	return objstore.RemoveAll(ctx, s, strings.TrimSuffix(u.Key, "open"))
}

// fetch gives what an output holds in objects to put, in order.
func (c *scratch) fetch(ctx context.Context, pieces []remote.Piece, put func([]byte) error) error {
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	for _, p := range pieces {
		if err := c.fetchPiece(ctx, p, buf[:], put); err != nil {
			return fmt.Errorf("read output: %w", err)
		}
	}
	return nil
}

func (c *scratch) fetchPiece(ctx context.Context, p remote.Piece, buf []byte, put func([]byte) error) error {
	left := p.End - p.Start
	body, err := c.read(ctx, p)
	if err != nil {
		return err
	}
	defer body.Close()
	for {
		n, err := body.Read(buf)
		left -= int64(n)
		if n > 0 {
			if err := put(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF && left > 0:
			return io.ErrUnexpectedEOF
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// read reads a piece.
func (c *scratch) read(ctx context.Context, p remote.Piece) (io.ReadCloser, error) {
	u, err := objstore.ParseURL(p.Object)
	if err != nil {
		return nil, err
	}
	s, err := c.storer.Bucket(ctx, u.Bucket)
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, u.Key, p.Start, p.End-p.Start)
}
