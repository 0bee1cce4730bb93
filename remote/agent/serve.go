package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
)

// SocketFlag is the argument behind which the agent finds the number of its socket's descriptor.
const SocketFlag = "--socket"

// partingTime bounds how long segments may take to end when their shell has gone: to remove what a run has stored takes
// some round trips, and what is left then expires by the store's rule.
const partingTime = 10 * time.Second

// ErrBusy says that segments had not ended when their shell had been gone for a while.
var ErrBusy = errors.New("segments have not ended")

// Socket gives the agent's end of the socket, whose number the client gave behind SocketFlag.
func Socket(number string) (*os.File, error) {
	fd, err := strconv.Atoi(number)
	if err != nil || fd < 0 {
		return nil, fmt.Errorf("%s: not a descriptor's number", number)
	}
	if _, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil {
		return nil, fmt.Errorf("descriptor %d: %w", fd, err)
	}
	unix.CloseOnExec(fd)
	return newSocket(fd)
}

// Files does what a Client's Files ask for; a *files.Files does. It may be used concurrently.
type Files interface {
	// Fetch writes an object to a file, whole, and goes back to its beginning.
	Fetch(ctx context.Context, name string, to *os.File) error
	// Store makes the bytes of a file an object, or adds them to one.
	Store(ctx context.Context, name string, add bool, from *os.File) error
	// Compose makes an object of content, behind what it has if add, and removes content; Discard only removes it.
	Compose(ctx context.Context, name string, add bool, content plan.Content) error
	Discard(ctx context.Context, content plan.Content) error
	Stat(ctx context.Context, name string) (fs.FileInfo, error)
	Glob(ctx context.Context, pattern string) ([]string, error)
}

// Serve answers a Client at the other end of the socket, which it closes, until the other end closes or ctx ends: the
// segments under way are stopped then. named is nil for an agent that serves no files. version is this program's build, as Build gives it. The error is nil when
// the client has gone and all has ended, and ctx's when ctx ended; it wraps ErrBusy if segments were given up.
func Serve(ctx context.Context, socket *os.File, segments plan.Segments, named Files, version string) error {
	c, err := newConn(socket)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	defer c.close()
	s := &server{conn: c, segments: segments, files: named, calls: make(map[uint64]context.CancelFunc)}
	stopped := context.AfterFunc(ctx, func() { c.shutdown(unix.SHUT_RD) })
	defer stopped()
	calls, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err = s.greet(version); err == nil {
		err = s.listen(calls)
	}
	stop()
	if busy := s.wait(); busy != nil {
		return busy
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == io.EOF || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE):
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// server is the agent's side of one connection.
type server struct {
	conn     *conn
	segments plan.Segments
	files    Files
	running  sync.WaitGroup

	mu    sync.Mutex
	calls map[uint64]context.CancelFunc
}

// greet takes the client's hello and answers it.
func (s *server) greet(version string) error {
	f, err := readFrame(s.conn)
	if err != nil {
		return err
	}
	f.close()
	var theirs hello
	if f.kind != kindHello || plan.Unmarshal(f.body, &theirs) != nil {
		return errFrame
	}
	body, err := plan.Marshal(hello{protocol, version})
	if err != nil {
		return err
	}
	if err := s.conn.send(kindHello, 0, body, nil); err != nil {
		return err
	}
	if theirs.Protocol != protocol {
		return fmt.Errorf("client speaks protocol %d, this is %d", theirs.Protocol, protocol)
	}
	return nil
}

// listen takes calls until the connection ends.
func (s *server) listen(ctx context.Context) error {
	for {
		f, err := readFrame(s.conn)
		if err != nil {
			return err
		}
		switch f.kind {
		case kindRun, kindExplain, kindFile:
			if !s.begin(ctx, f) {
				f.close()
				return errFrame
			}
		case kindCancel:
			f.close()
			s.cancel(f.call)
		default:
			f.close()
			return errFrame
		}
	}
}

// begin starts a call, unless there is one of its number.
func (s *server) begin(ctx context.Context, f *frame) bool {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[f.call] != nil {
		cancel()
		return false
	}
	s.calls[f.call] = cancel
	s.running.Go(func() {
		defer cancel()
		a := s.do(ctx, f)
		f.close() // before the answer: whoever has it finds every pipe as the stages left it
		s.mu.Lock()
		delete(s.calls, f.call)
		s.mu.Unlock()
		s.answer(f.call, a)
	})
	return true
}

// cancel ends the context of a call that has not ended by itself.
func (s *server) cancel(call uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.calls[call]; cancel != nil {
		cancel()
	}
}

// do runs or explains a segment, or does something with a file.
func (s *server) do(ctx context.Context, f *frame) *answer {
	a := new(answer)
	if f.kind == kindFile {
		a.fail(s.file(ctx, f, a))
		return a
	}
	seg, err := takeRequest(f)
	if err != nil {
		a.fail(err)
		return a
	}
	if s.files == nil {
		seg.Out = nil
	}
	if f.kind == kindRun {
		a.Statuses, err = s.segments.Run(ctx, seg)
		err = errors.Join(err, s.handOver(ctx, seg, a))
	} else if e, ok := s.segments.(plan.Explainer); ok {
		a.Lines, err = e.Explain(ctx, seg)
	}
	a.fail(err)
	return a
}

// handOver puts what the segment's output is to be made of into the answer, unless the client does not want it any more.
func (s *server) handOver(ctx context.Context, seg plan.Segment, a *answer) error {
	o, ok := seg.Out.(*out)
	if !ok || o.content == nil {
		return nil
	}
	if ctx.Err() == nil {
		a.Content = o.content
		return nil
	}
	return s.files.Discard(context.WithoutCancel(ctx), *o.content)
}

// answer sends an answer. That the client has gone is seen by listen.
func (s *server) answer(call uint64, a *answer) {
	body, err := plan.Marshal(a)
	if err == nil {
		err = s.conn.send(kindAnswer, call, body, nil)
	}
	if err == nil || errors.Is(err, errCut) {
		return
	}
	short := new(answer)
	short.fail(fmt.Errorf("send answer: %w", err))
	if body, err = plan.Marshal(short); err == nil {
		err = s.conn.send(kindAnswer, call, body, nil)
	}
	if err != nil { // the client must not wait for an answer that cannot come
		s.conn.hangUp()
	}
}

// wait waits until every call has ended, for a while.
func (s *server) wait() error {
	ended := make(chan struct{})
	go func() {
		s.running.Wait()
		close(ended)
	}()
	timer := time.NewTimer(partingTime)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
		return fmt.Errorf("serve: %w in %v", ErrBusy, partingTime)
	}
}
