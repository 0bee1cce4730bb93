package emulator

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// faulty is a service with faults: a decorator of its handler.
type faulty struct {
	http.Handler
	dice *dice
	// operation names a call's operation, tells whether that is of the control plane, and what can happen to it.
	operation func(r *http.Request) (name string, control bool, kinds []Fault)
	// refuse answers a call with SlowDown, Throttle or Internal.
	refuse func(w http.ResponseWriter, r *http.Request, kind Fault)
}

// ServeHTTP implements http.Handler.
func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, control, kinds := f.operation(r)
	if control && !f.dice.Control {
		f.Handler.ServeHTTP(w, r)
		return
	}
	kind, random := f.dice.roll(name, kinds)
	switch kind {
	case SlowDown, Throttle, Internal:
		f.refuse(w, r, kind)
	case Reset:
		reset(w)
	case Lost:
		f.Handler.ServeHTTP(discarded{http.Header{}}, r)
		reset(w)
	case Cut:
		f.Handler.ServeHTTP(&cutWriter{ResponseWriter: w, random: random}, r)
		http.NewResponseController(w).Flush() // an error means that the caller left
		reset(w)
	case Slow:
		f.serveSlowly(w, r, random)
	case Duplicate:
		f.Handler.ServeHTTP(w, withMishap(r, &mishap{twin: true, late: random.IntN(2) == 0}))
	case Kill:
		f.Handler.ServeHTTP(w, withMishap(r, &mishap{kill: f.dice.delay(random)}))
	default:
		f.Handler.ServeHTTP(w, r)
	}
}

// serveSlowly is late with the call or with its answer.
func (f *faulty) serveSlowly(w http.ResponseWriter, r *http.Request, random *rand.Rand) {
	d := f.dice.delay(random)
	if random.IntN(2) == 0 {
		f.Handler.ServeHTTP(&lateWriter{ResponseWriter: w, ctx: r.Context(), delay: d}, r)
		return
	}
	if wait(r.Context(), d) {
		f.Handler.ServeHTTP(w, r)
	}
}

// wait says whether it waited in full.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// reset ends a connection so that its peer gets ECONNRESET.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // which closes the connection, at least
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// discarded takes an answer for nobody.
type discarded struct{ header http.Header }

func (d discarded) Header() http.Header         { return d.header }
func (d discarded) Write(p []byte) (int, error) { return len(p), nil }
func (d discarded) WriteHeader(int)             {}
func (d discarded) Flush()                      {}

// cutWriter lets some of an answer's body through: if its length is told, always less than all.
type cutWriter struct {
	http.ResponseWriter
	random *rand.Rand
	chosen bool
	left   int64
}

var errCut = errors.New("the answer is cut")

// cutMost bounds what is let through of an answer whose length is not told, in bytes.
const cutMost = 1 << 20

func (c *cutWriter) choose() {
	if c.chosen {
		return
	}
	c.chosen = true
	most, err := strconv.ParseInt(c.Header().Get("Content-Length"), 10, 64)
	if err != nil {
		most = cutMost >> c.random.IntN(20)
	}
	c.left = c.random.Int64N(max(most, 1))
}

// Write implements http.ResponseWriter.
func (c *cutWriter) Write(p []byte) (int, error) {
	c.choose()
	if int64(len(p)) <= c.left {
		c.left -= int64(len(p))
		return c.ResponseWriter.Write(p)
	}
	n, err := c.ResponseWriter.Write(p[:c.left])
	c.left -= int64(n)
	if err == nil {
		err = errCut
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (c *cutWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// lateWriter holds an answer back, which then comes as fast as ever.
type lateWriter struct {
	http.ResponseWriter
	ctx   context.Context
	delay time.Duration
}

// WriteHeader implements http.ResponseWriter.
func (l *lateWriter) WriteHeader(status int) {
	l.hold()
	l.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (l *lateWriter) Write(p []byte) (int, error) {
	l.hold()
	return l.ResponseWriter.Write(p)
}

func (l *lateWriter) hold() {
	if l.delay > 0 {
		wait(l.ctx, l.delay) // the caller may have left; the next write says so
		l.delay = 0
	}
}

// Unwrap is for http.ResponseController.
func (l *lateWriter) Unwrap() http.ResponseWriter { return l.ResponseWriter }
