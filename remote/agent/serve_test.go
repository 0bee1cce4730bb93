package agent

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
)

// served runs Serve in this process and gives the client's end of its socket.
func served(t *testing.T, ctx context.Context, segments plan.Segments) (c *conn, ended <-chan error) {
	t.Helper()
	routines, fds := runtime.NumGoroutine(), len(openFds())
	ours, theirs, err := newPair()
	if err != nil {
		t.Fatal(err)
	}
	if c, err = newConn(ours); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.FcntlInt(theirs.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	socket, err := newSocket(fd)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, socket, segments, nil, "test") }()
	t.Cleanup(func() {
		c.close()
		settle(t, "goroutines", func() bool { return runtime.NumGoroutine() <= routines })
		settle(t, "descriptors", func() bool { return len(openFds()) <= fds })
	})
	return c, done
}

func send(t *testing.T, c *conn, k kind, call uint64, v any, files ...*os.File) {
	t.Helper()
	body, err := plan.Marshal(v)
	if err == nil {
		err = c.send(k, call, body, files)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever is not as it should be ends the connection, and with it the segments under way.
func TestServeRefuses(t *testing.T) {
	hang, files := newRequest(act("hang"))
	good := hello{protocol, "x"}
	cases := []struct {
		name string
		do   func(c *conn)
		want string // of the error; empty for none
	}{
		{"nothing", func(c *conn) { c.hangUp() }, ""},
		{"a client that leaves", func(c *conn) { send(t, c, kindHello, 0, good); send(t, c, kindRun, 1, hang, files...); c.hangUp() }, ""},
		{"another protocol", func(c *conn) { send(t, c, kindHello, 0, hello{protocol + 1, "x"}) }, "client speaks protocol 2, this is 1"},
		{"no hello", func(c *conn) { send(t, c, kindRun, 1, hang) }, "not a frame"},
		{"a hello that is none", func(c *conn) { send(t, c, kindHello, 0, 7) }, "not a frame"},
		{"an unknown kind", func(c *conn) { send(t, c, kindHello, 0, good); send(t, c, 'z', 1, nil) }, "not a frame"},
		{"an answer", func(c *conn) { send(t, c, kindHello, 0, good); send(t, c, kindAnswer, 1, nil, os.Stdin) }, "not a frame"},
		{"a call twice", func(c *conn) {
			send(t, c, kindHello, 0, good)
			for range 2 {
				send(t, c, kindRun, 1, hang, os.Stderr)
			}
		}, "not a frame"},
		{"a frame that is cut", func(c *conn) { c.file.Write(head(kindHello, 0, 9, 0)); c.hangUp() }, "unexpected EOF"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			c, ended := served(t, t.Context(), quiet{})
			tt.do(c)
			if err := <-ended; tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// quiet are segments that wait for their end.
type quiet struct{}

func (quiet) Run(ctx context.Context, _ plan.Segment) ([]plan.Status, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// An agent that is told to stop stops its segments, says so, and leaves.
func TestServeStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	c, ended := served(t, ctx, quiet{})
	send(t, c, kindHello, 0, hello{protocol, "x"})
	if f, err := readFrame(c); err != nil || f.kind != kindHello {
		t.Fatal(f, err)
	}
	r, files := newRequest(act("hang"))
	send(t, c, kindRun, 5, r, files...)
	send(t, c, kindExplain, 6, r)
	if f, err := readFrame(c); err != nil || f.call != 6 || f.kind != kindAnswer { // call 5 was taken before
		t.Fatal(f, err)
	}
	stop()
	f, err := readFrame(c)
	var a answer
	if err != nil || f.call != 5 || plan.Unmarshal(f.body, &a) != nil || !errors.Is(a.err(), context.Canceled) {
		t.Errorf("%+v, %v, %+v", f, err, a)
	}
	if err := <-ended; err != context.Canceled {
		t.Error(err)
	}
	if _, err := readFrame(c); err != io.EOF {
		t.Error(err)
	}
}
