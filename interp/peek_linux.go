package interp

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// peekPipe is a pipe into which what stands in another one is copied, so that it can be looked at before it is
// taken out.
type peekPipe struct{ r, w int }

// peekPipes are those that nobody uses; more than a few shells seldom read pipes at once.
var peekPipes = make(chan peekPipe, 4)

// peekSize is how much of a pipe is looked at: some lines.
const peekSize = 2 << 10

func takePeekPipe() (peekPipe, error) {
	select {
	case p := <-peekPipes:
		return p, nil
	default:
	}
	r, w, err := makePipe()
	return peekPipe{r, w}, err
}

func (p peekPipe) release() {
	select {
	case peekPipes <- p:
	default:
		unix.Close(p.r)
		unix.Close(p.w)
	}
}

// peekUntil reads from the pipe fd up to and including delim into b, or less, and gives how much. It takes out
// nothing beyond that. ok is false when fd is no pipe or cannot be looked into.
func peekUntil(fd int, delim byte, b []byte) (n int, ok bool, err error) {
	p, err := takePeekPipe()
	if err != nil {
		return 0, false, nil
	}
	defer p.release()
	copied, err := unix.Tee(fd, p.w, min(peekSize, len(b)), 0)
	switch {
	case err == unix.EINVAL:
		return 0, false, nil
	case err != nil || copied == 0:
		return 0, true, err
	}
	n, err = unix.Read(p.r, b[:copied])
	if err != nil {
		return 0, true, err
	}
	if i := bytes.IndexByte(b[:n], delim); i >= 0 {
		n = i + 1
	}
	// Another reader may have been quicker: what counts is what comes out now.
	n, err = unix.Read(fd, b[:n])
	return n, true, err
}
