package interp

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// input reads from a descriptor of the shell for read and mapfile, which must take no more than they use: what
// follows is for the next command. A file is read in blocks and its offset put back; a pipe is looked into
// where the kernel allows that, and anything else read byte by byte, unless all of it is wanted.
type input struct {
	sh       *Shell
	fd       int
	blocks   bool // more may be read than is used
	seekable bool
	peeks    bool // read up to the delimiter by looking into a pipe, until that turns out impossible
	delim    byte
	buf      []byte
	r, w     int
	deadline time.Time // zero for none
	err      error     // what ended the input
	watched  bool      // a signal or the end of the shell's context may interrupt
}

// The first block of a file holds a few lines, later ones are large: most calls want one line.
const (
	firstBlock = 1 << 10
	nextBlock  = 32 << 10
)

var errTimeout = errors.New("timed out")

// errInterrupted says that a signal ended the read.
var errInterrupted = errors.New("interrupted")

var inputs = sync.Pool{New: func() any { return new(input) }}

// openInput begins to read descriptor n of the shell. all says that the caller reads to the end of file, so
// that nothing need be left. release ends the reading.
func (sh *Shell) openInput(n int, all bool) (*input, error) {
	fd, err := sh.Desc(n)
	if err != nil {
		return nil, err
	}
	in := inputs.Get().(*input)
	buf := in.buf
	*in = input{sh: sh, fd: fd, buf: buf, blocks: all, watched: sh.mayBeInterrupted()}
	if _, err := unix.Seek(fd, 0, io.SeekCurrent); err == nil {
		in.blocks, in.seekable = true, true
	}
	return in, nil
}

// mayBeInterrupted reports whether a read that waits has to look for signals or the end of the shell.
func (sh *Shell) mayBeInterrupted() bool {
	if sh.ctx.Done() != nil {
		return true
	}
	if sh.inline > 0 {
		return false
	}
	sh.proc.mu.Lock()
	defer sh.proc.mu.Unlock()
	return len(sh.proc.caught) > 0
}

// release puts back what was read and not used.
func (in *input) release() {
	if in.seekable && in.r < in.w {
		unix.Seek(in.fd, int64(in.r-in.w), io.SeekCurrent)
	}
	in.sh = nil
	inputs.Put(in)
}

// readByte takes one byte. The error is io.EOF, errTimeout, errInterrupted, or the system's.
func (in *input) readByte() (byte, error) {
	if in.r == in.w {
		if err := in.fill(); err != nil {
			return 0, err
		}
	}
	c := in.buf[in.r]
	in.r++
	return c, nil
}

// fill reads the next block, or byte. What ended the input once ends it for good.
func (in *input) fill() error {
	if in.err == nil {
		in.err = in.refill()
	}
	return in.err
}

func (in *input) refill() error {
	size := 1
	switch {
	case in.blocks && in.w == 0:
		size = firstBlock
	case in.blocks:
		size = nextBlock
	}
	if len(in.buf) < size {
		in.buf = make([]byte, size)
	}
	for {
		if in.watched || !in.deadline.IsZero() {
			if err := in.wait(); err != nil {
				return err
			}
		}
		n, err := in.read(size)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			if err := waitReady(in.fd, unix.POLLIN); err != nil {
				return err
			}
		case err != nil:
			return err
		case n == 0:
			return io.EOF
		default:
			in.r, in.w = 0, n
			return nil
		}
	}
}

// read is one read of up to size bytes.
func (in *input) read(size int) (int, error) {
	if in.peeks {
		if len(in.buf) < peekSize {
			in.buf = make([]byte, peekSize)
		}
		n, ok, err := peekUntil(in.fd, in.delim, in.buf)
		if ok {
			return n, err
		}
		in.peeks = false
	}
	return unix.Read(in.fd, in.buf[:size])
}

// line reads up to and including delim. more is false when there was no delimiter before the end.
func (in *input) line(delim byte) (line string, more bool) {
	var long []byte
	for {
		if in.r == in.w && in.fill() != nil {
			return string(long), false
		}
		part := in.buf[in.r:in.w]
		if i := bytes.IndexByte(part, delim); i >= 0 {
			in.r += i + 1
			if long == nil {
				return string(part[:i+1]), true
			}
			return string(append(long, part[:i+1]...)), true
		}
		in.r = in.w
		long = append(long, part...)
	}
}

// pollInput asks whether a read would not block, for up to wait; negative waits for good. wake is another
// descriptor to wait for, -1 for none; woken says that it was that one.
func pollInput(fd, wake int, wait time.Duration) (ready, woken bool, err error) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(wake), Events: unix.POLLIN}}
	ms := -1
	if wait >= 0 {
		ms = int((wait + time.Millisecond - 1) / time.Millisecond)
	}
	n, err := unix.Poll(fds, ms)
	if err == unix.EINTR {
		return false, true, nil
	}
	return n > 0 && fds[0].Revents != 0, n > 0 && fds[1].Revents != 0, err
}

// wait blocks until there is something to read, and runs the traps of signals that arrive meanwhile.
func (in *input) wait() error {
	if in.w > 0 && !in.deadline.IsZero() && !time.Now().Before(in.deadline) {
		return errTimeout // though there may be more, as from /dev/zero there always is
	}
	if ready, _, err := pollInput(in.fd, -1, 0); ready || err != nil {
		return err
	}
	wake := -1
	if in.watched {
		r, stop, err := in.sh.wakePipe()
		if err != nil {
			return err
		}
		defer stop()
		wake = r
	}
	for {
		left := time.Duration(-1)
		if !in.deadline.IsZero() {
			if left = time.Until(in.deadline); left <= 0 {
				return errTimeout
			}
		}
		ready, woken, err := pollInput(in.fd, wake, left)
		if woken {
			if err := in.interrupted(wake); err != nil {
				return err
			}
		}
		if ready || err != nil {
			return err
		}
	}
}

// interrupted does what a signal asks for: its trap runs and the read goes on, but in posix mode, where the trap
// runs afterwards.
func (in *input) interrupted(wake int) error {
	sh := in.sh
	if wake >= 0 {
		var b [16]byte
		if ready, _, _ := pollInput(wake, -1, 0); ready {
			unix.Read(wake, b[:])
		}
	}
	if sh.ctx.Err() != nil {
		return errInterrupted
	}
	if sh.interrupting() == 0 {
		return nil
	}
	if sh.opts.posix {
		return errInterrupted
	}
	sh.runPendingTraps()
	if sh.flow != flowNone {
		return errInterrupted
	}
	return nil
}

// wakePipe gives a descriptor that becomes readable when a signal arrives or the shell's context ends. stop
// closes it.
func (sh *Shell) wakePipe() (r int, stop func(), err error) {
	r, w, err := makePipe()
	if err != nil {
		return -1, nil, err
	}
	quit := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		defer unix.Close(w)
		cancelled := sh.ctx.Done()
		for {
			select {
			case <-quit:
				return
			case <-cancelled:
				cancelled = nil
			case <-sh.proc.woken:
			}
			unix.Write(w, []byte{0})
		}
	})
	return r, func() {
		close(quit)
		done.Wait()
		unix.Close(r)
	}, nil
}
