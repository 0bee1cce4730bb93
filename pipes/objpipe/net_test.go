package objpipe

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"sshell/pipes/objstore"
)

// network is a store at a distance: each request takes its time, half of it before the store acts. Its faults come by seed.
type network struct {
	objstore.Store
	put, get time.Duration
	perMB    time.Duration // more, for each MiB of a body

	mu     sync.Mutex
	rng    *rand.Rand // nil for no faults, and no spread of the times
	fail   float64    // share of requests that fail, half of them after the store acted
	dead   bool       // no request comes through any more
	stays  bool       // a request that is given up on its way arrives all the same
	counts map[string]int
	now    map[string]int // requests under way
	most   map[string]int
}

var errNetwork = errors.New("connection reset")

func distant(s objstore.Store, put, get time.Duration) *network {
	return &network{Store: s, put: put, get: get, counts: map[string]int{}, now: map[string]int{}, most: map[string]int{}}
}

// seeded makes requests fail, and the times of requests differ.
func (n *network) seeded(seed uint64, fail float64) *network {
	n.rng, n.fail = rand.New(rand.NewPCG(seed, 7)), fail
	return n
}

func (n *network) set(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
}

// request does act amid a request's time.
func (n *network) request(ctx context.Context, kind string, d time.Duration, act func(context.Context) error) error {
	var before, after, dead bool
	n.set(func() {
		n.counts[kind]++
		n.now[kind]++
		n.most[kind] = max(n.most[kind], n.now[kind])
		if n.rng != nil {
			d = d/2 + time.Duration(n.rng.Int64N(int64(d)+1))
			before, after = n.rng.Float64() < n.fail/2, n.rng.Float64() < n.fail/2
		}
		dead = n.dead
	})
	defer n.set(func() { n.now[kind]-- })
	if dead {
		<-ctx.Done()
		return ctx.Err()
	}
	began := time.Now()
	if err := sleep(ctx, d/2); err != nil {
		if n.stays {
			time.AfterFunc(d/2-time.Since(began), func() { act(context.WithoutCancel(ctx)) })
		}
		return err
	}
	if before {
		return errNetwork
	}
	n.set(func() { dead = n.dead })
	if dead {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := act(ctx); err != nil {
		return err
	}
	if err := sleep(ctx, d/2); err != nil {
		return err
	}
	if after {
		return errNetwork
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *network) time(d time.Duration, size int64) time.Duration {
	return d + time.Duration(size)*n.perMB>>20
}

func (n *network) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	return n.request(ctx, kind("put", key), n.time(n.put, size), func(ctx context.Context) error { return n.Store.Put(ctx, key, body, size, create) })
}

func (n *network) Get(ctx context.Context, key string, off, length int64) (io.ReadCloser, error) {
	var body io.ReadCloser
	size := int64(0)
	if o, err := objstore.Stat(ctx, n.Store, key); err == nil {
		_, size = objstore.Range(o.Size, off, length)
	}
	err := n.request(ctx, kind("get", key), n.time(n.get, size), func(ctx context.Context) (err error) {
		body, err = n.Store.Get(ctx, key, off, length)
		return err
	})
	return body, err
}

// kind tells requests for marks from those for blocks.
func kind(op, key string) string {
	if name := key[strings.LastIndexByte(key, '/')+1:]; name == goneMark || name == writerMark {
		return op + " " + name
	}
	return op
}

func (n *network) count(kind string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counts[kind]
}

func wantEmpty(t *testing.T, s objstore.Store) {
	t.Helper()
	for o, err := range s.List(context.Background(), "") {
		t.Errorf("%s is left, %v", o.Key, err)
	}
}
