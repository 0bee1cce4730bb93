package ospipe

import (
	"os"
	"sync"
	"time"

	"sshell/pipes"
)

// past is a deadline that wakes whoever waits for a descriptor.
var past = time.Unix(1, 0)

// stream is what both ends share.
type stream struct {
	broke chan struct{} // closed when broken is set

	mu              sync.Mutex
	created, opened bool
	r, w            *os.File // nil before begin, and when closed or handed over
	ended           bool     // by End
	status          int
	broken          *pipes.Broken
	readerClosed    bool
}

func newStream() *stream { return &stream{broke: make(chan struct{})} }

// begin takes one end of the stream, and makes the kernel's pipe for the first.
func (s *stream) begin(taken *bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *taken {
		return errTaken
	}
	if !s.created && !s.opened && s.broken == nil {
		var err error
		if s.r, s.w, err = os.Pipe(); err != nil {
			return err
		}
	}
	*taken = true
	return nil
}

// end notes end of file, if the stream has no ending yet.
func (s *stream) end(status int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	if s.broken != nil {
		return s.broken
	}
	s.ended, s.status = true, status
	closeFile(&s.w)
	return nil
}

func (s *stream) hasEnded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// breakOff notes that the stream is broken, if it has no ending yet, and wakes both ends. The pipe stays as it is, for a
// child process that reads it.
func (s *stream) breakOff(cause *pipes.Broken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.broken != nil {
		return
	}
	s.fail(cause)
	if s.readerClosed {
		closeFile(&s.w)
	}
}

func (s *stream) fail(cause *pipes.Broken) {
	if s.broken == nil {
		if cause == nil {
			cause = new(pipes.Broken)
		}
		s.broken = cause
		close(s.broke)
	}
	wake(s.r, (*os.File).SetReadDeadline)
	wake(s.w, (*os.File).SetWriteDeadline)
}

func wake(f *os.File, set func(*os.File, time.Time) error) {
	if f != nil {
		_ = set(f, past) // refused only for a file whose child process has it now
	}
}

func (s *stream) wakeReader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	wake(s.r, (*os.File).SetReadDeadline)
}

// closeReader gives the reading end up. A stream that was not ended by then can only be broken, or fail its writer.
func (s *stream) closeReader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readerClosed = true
	closeFile(&s.r)
	if s.broken != nil {
		closeFile(&s.w)
	}
}

// remove breaks the stream even if it had ended: what was not read is gone.
func (s *stream) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(&pipes.Broken{Cause: "the stream was removed"})
	closeFile(&s.r)
	closeFile(&s.w)
}

func closeFile(f **os.File) {
	if *f != nil {
		(*f).Close() // a pipe's close has no error to tell
		*f = nil
	}
}
