package handler

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"sshell/interp/plan"
	"sshell/lambda"
	"sshell/pipes"
	"sshell/remote"
	"sshell/remote/stored"
)

// sink takes one output of a task. It goes live with the answer, and what is more than that takes as a stream, unless it is an
// object, or a stream from its beginning.
type sink struct {
	w    *os.File // the task's end
	r    *os.File
	open func() (pipes.Writer, error)
	stop context.CancelCauseFunc // stops the task whose output cannot be sent

	live *lambda.Live
	fd   int
	sent int // bytes
	left atomic.Bool

	done   chan struct{}
	stream pipes.Writer // nil while output goes live
	object *stored.Output
	err    error // why no more is sent
	unread bool  // a reader left before the end
}

// newSink makes a sink and lets it work. It ends when all who can write to w have closed it.
func (i *invocation) newSink(fd int, open func() (pipes.Writer, error), stop context.CancelCauseFunc) (*sink, error) {
	return startSink(&sink{open: open, stop: stop, live: i.live, fd: fd})
}

// startSink makes the pipe of a sink, and lets it work.
func startSink(s *sink) (*sink, error) {
	r, w, err := newPipe()
	if err != nil {
		return nil, err
	}
	if err := unblock(&r); err != nil {
		r.Close()
		w.Close()
		return nil, err
	}
	s.w, s.r, s.done = w, r, make(chan struct{})
	go s.run()
	return s, nil
}

// newPipe makes a pipe whose ends block, as programs expect, and are not inherited.
func newPipe() (r, w *os.File, err error) {
	var fds [2]int
	syscall.ForkLock.RLock()
	if err = syscall.Pipe(fds[:]); err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// unblock makes our end of a pipe one whose waits can be ended. The file is made anew: it finds out when it is made.
func unblock(f **os.File) error {
	fd, err := syscall.Dup(int((*f).Fd()))
	if err != nil {
		return err
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return err
	}
	(*f).Close()
	*f = os.NewFile(uintptr(fd), "pipe")
	return nil
}

// blockSize is how much is copied at a time: a kernel pipe's worth.
const blockSize = 64 << 10

func (s *sink) run() {
	defer close(s.done)
	defer s.r.Close() // so that who still writes learns that nobody reads
	for buf := make([]byte, blockSize); ; {
		n, err := s.r.Read(buf)
		if n > 0 {
			if s.err = s.take(buf[:n]); s.err != nil {
				break
			}
		}
		if err == io.EOF || s.left.Load() {
			return
		}
		if s.err = err; err != nil {
			break
		}
	}
	if errors.Is(s.err, pipes.ErrReaderGone) {
		s.err, s.unread = nil, true // the command sees that at its next write, as in any pipe
		return
	}
	s.stop(errors.Join(errors.New("send output"), s.err, remote.ErrLost))
}

// take sends some output.
func (s *sink) take(p []byte) error {
	switch {
	case s.object != nil:
		_, err := s.object.Write(p)
		return err
	case s.stream != nil:
		_, err := s.stream.Write(p)
		return err
	}
	if s.sent += len(p); s.sent <= lambda.LiveMax {
		return s.live.Output(s.fd, p)
	}
	if err := s.live.Stream(s.fd); err != nil {
		return err
	}
	var err error
	if s.stream, err = s.open(); err == nil {
		_, err = s.stream.Write(p)
	}
	return err
}

// leave makes the command see that nobody reads any more.
func (s *sink) leave() {
	s.left.Store(true)
	s.r.Close()
}

// finish waits for the end of the output and completes it, with the status of the task's last stage. An object may have been
// committed by another attempt: the result is that one's then.
func (s *sink) finish(result **remote.Result, failed error) (lambda.Output, error) {
	<-s.done
	switch {
	case s.object != nil:
		return lambda.Output{}, s.commit(result, failed)
	case s.stream == nil:
		return lambda.Output{}, s.err
	}
	out := lambda.Output{Streamed: true}
	var no *remote.NotStartedError
	switch {
	case errors.As(failed, &no) && no.Status != plan.StatusMachinery:
		return out, s.stream.End(no.Status) // as in any pipe whose writer could not be executed
	case failed != nil:
		s.stream.Break(&pipes.Broken{Cause: failed.Error()})
		return out, nil
	case s.err != nil:
		s.stream.Break(&pipes.Broken{Cause: s.err.Error()})
		return out, s.err
	case s.unread: // what came of it is no whole for another attempt at the reader, or its second run
		s.stream.Break(&pipes.Broken{Cause: "a reader left"})
		return out, nil
	}
	status := 0
	if n := len((*result).Statuses); n > 0 {
		status = (*result).Statuses[n-1]
	}
	return out, s.stream.End(status)
}

// commit makes the object appear.
func (s *sink) commit(result **remote.Result, failed error) error {
	if failed != nil || s.err != nil {
		s.object.Abort()
		return s.err
	}
	r, err := s.object.Commit(*result)
	if err == nil {
		*result = r
	}
	return err
}
