package interp

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// desc is one open descriptor of the process, shared by all the numbers that scripts gave it. Its own
// number means nothing to a script; it is closed on exec, and put in place for each child.
type desc struct {
	fd      int
	refs    atomic.Int32
	keep    bool     // one of the process's own, never closed by us
	output  *output  // where what is written goes: committed when the last reference goes, or by an outputs
	object  string   // the name of what it stands for, which is not opened; empty where it stands for itself
	capture *capture // output that is caught in memory until a real descriptor is needed
}

func newDesc(fd int) *desc {
	d := &desc{fd: fd}
	d.refs.Store(1)
	return d
}

func (d *desc) ref() *desc {
	if d != nil {
		d.refs.Add(1)
	}
	return d
}

// unref drops a reference; with the last one the descriptor is closed.
func (d *desc) unref() {
	if d == nil || d.refs.Add(-1) > 0 || d.keep {
		return
	}
	if d.capture != nil {
		d.capture.closeWriter()
	} else {
		unix.Close(d.fd)
	}
	if d.output != nil {
		d.output.closed()
	}
}

// real gives the descriptor's number in this process, making it real first where it was caught in memory.
func (d *desc) real() (int, error) {
	if d.capture != nil {
		return d.capture.materialize()
	}
	return d.fd, nil
}

// write writes all of b. Errors are the system's, EPIPE among them.
func (d *desc) write(b []byte) error {
	if d.capture != nil {
		if ok := d.capture.write(b); ok {
			return nil
		}
	}
	fd, err := d.real()
	if err != nil {
		return err
	}
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			if err := waitReady(fd, unix.POLLOUT); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			b = b[n:]
		}
	}
	return nil
}

// waitReady waits until a non-blocking descriptor, which somebody else made so, can go on.
func waitReady(fd int, events int16) error {
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, -1)
		if err != unix.EINTR {
			return err
		}
	}
}

// fdTable maps the numbers of a shell to descriptors. A number that is absent was never touched: it means what
// the process inherited there, if anything.
type fdTable struct {
	low  [10]*desc // 0 to 9
	high map[int]*desc
	// closed has the inherited numbers that this shell closed.
	closed map[int]bool
}

func newFdTable() *fdTable {
	t := &fdTable{}
	for n := range 3 {
		if _, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0); err == nil {
			t.low[n] = newDesc(n)
			t.low[n].keep = true
		}
	}
	return t
}

func (t *fdTable) clone() *fdTable {
	c := &fdTable{}
	for n, d := range t.low {
		c.low[n] = d.ref()
	}
	if len(t.high) > 0 {
		c.high = make(map[int]*desc, len(t.high))
		for n, d := range t.high {
			c.high[n] = d.ref()
		}
	}
	if len(t.closed) > 0 {
		c.closed = make(map[int]bool, len(t.closed))
		for n := range t.closed {
			c.closed[n] = true
		}
	}
	return c
}

// close drops every descriptor of the table.
func (t *fdTable) close() {
	for n := range t.low {
		t.low[n].unref()
		t.low[n] = nil
	}
	for _, d := range t.high {
		d.unref()
	}
	t.high = nil
}

// get gives the descriptor at n, nil when n is closed.
func (t *fdTable) get(n int) *desc {
	if n >= 0 && n < len(t.low) {
		if d := t.low[n]; d != nil || n < 3 {
			return d
		}
	} else if d, ok := t.high[n]; ok {
		return d
	}
	if n < 3 || t.closed[n] || !inherited(n) {
		return nil
	}
	d := newDesc(n)
	d.keep = true
	t.install(n, d)
	return d
}

// inherited reports whether n is open and came from whoever started this process: all that we open is closed
// on exec.
func inherited(n int) bool {
	flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}

// install puts d at n, taking over the caller's reference; what was there is dropped.
func (t *fdTable) install(n int, d *desc) {
	if n < len(t.low) {
		t.low[n].unref()
		t.low[n] = d
	} else {
		if t.high == nil {
			t.high = make(map[int]*desc)
		}
		t.high[n].unref()
		t.high[n] = d
	}
	if d == nil && n > 2 {
		if t.closed == nil {
			t.closed = make(map[int]bool)
		}
		t.closed[n] = true
	}
}

// free gives the lowest number from first upwards that is not in use.
func (t *fdTable) free(first int) int {
	for n := first; ; n++ {
		if t.get(n) == nil {
			return n
		}
	}
}

// freeDown gives the highest number from first downwards that is not in use, as bash numbers process
// substitutions.
func (t *fdTable) freeDown(first int) int {
	for n := first; n > 9; n-- {
		if t.get(n) == nil {
			return n
		}
	}
	return t.free(first + 1)
}

// all lists the numbers in use, in no order.
func (t *fdTable) all() []int {
	var ns []int
	for n, d := range t.low {
		if d != nil {
			ns = append(ns, n)
		}
	}
	for n, d := range t.high {
		if d != nil {
			ns = append(ns, n)
		}
	}
	return ns
}

// errBadFd is what a builtin meets at a descriptor that is not open.
var errBadFd error = unix.EBADF

// Desc gives the process's own descriptor behind the shell's number n, for polling and reading. It stays
// the shell's.
func (sh *Shell) Desc(n int) (int, error) {
	d := sh.fds.get(n)
	if d == nil {
		return -1, errBadFd
	}
	return d.real()
}

// Out writes b to standard output. When the reader has left, the shell ends as if killed by SIGPIPE, and the
// builtin should return. Other errors are reported under the name of the builtin and give false.
func (sh *Shell) Out(name string, b []byte) bool { return sh.writeTo(1, name, b) }

func (sh *Shell) writeTo(n int, name string, b []byte) bool {
	if len(b) == 0 {
		return true
	}
	d := sh.fds.get(n)
	err := error(errBadFd)
	if d != nil {
		err = d.write(b)
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, unix.EPIPE):
		sh.brokenPipe()
		return false
	}
	sh.Errorf("%s: write error: %s", name, sysMessage(err))
	return false
}

// Errorf writes one line to standard error: where the script stands, then the message.
func (sh *Shell) Errorf(format string, args ...any) {
	sh.errorLine(sh.location() + fmt.Sprintf(format, args...))
}

func (sh *Shell) errorLine(line string) {
	if d := sh.fds.get(2); d != nil {
		d.write([]byte(line + "\n"))
	}
}

// location is what a message begins with: the shell's name, and the line in a script.
func (sh *Shell) location() string {
	name := sh.name
	if n := len(sh.calls); n > 0 && sh.calls[n-1].file != "" {
		name = sh.calls[n-1].file
	}
	if sh.opts.interactive {
		return name + ": "
	}
	return fmt.Sprintf("%s: line %d: ", name, sh.line)
}

// sysMessage is the text of a system error as the C library has it, without what Go puts around it.
func sysMessage(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return cMessage(errno)
	}
	if err.Error() == fs.ErrNotExist.Error() { // of names that the kernel does not know
		return cMessage(unix.ENOENT)
	}
	return err.Error()
}

// cMessage is strerror: Go's texts are the same but for the first letter.
func cMessage(errno unix.Errno) string {
	s := []byte(errno.Error())
	if len(s) > 0 && s[0] >= 'a' && s[0] <= 'z' {
		s[0] -= 'a' - 'A'
	}
	return string(s)
}

// capture catches the output of a command substitution in memory. When a command needs a real descriptor, a
// kernel pipe takes over and a goroutine reads it.
type capture struct {
	buf  bytes.Buffer // not touched by writers once pipe is set
	w    int          // the pipe's writing end, -1 before
	done chan struct{}
	rest []byte
}

func newCapture() *capture { return &capture{w: -1} }

// write takes b if the capture is still in memory.
func (c *capture) write(b []byte) bool {
	if c.w >= 0 {
		return false
	}
	c.buf.Write(b)
	return true
}

// materialize gives a real descriptor that feeds the capture.
func (c *capture) materialize() (int, error) {
	if c.w >= 0 {
		return c.w, nil
	}
	r, w, err := makePipe()
	if err != nil {
		return -1, fmt.Errorf("make pipe: %w", err)
	}
	c.w, c.done = w, make(chan struct{})
	go func() {
		defer close(c.done)
		f := os.NewFile(uintptr(r), "capture")
		defer f.Close()
		b := make([]byte, 32<<10)
		for {
			n, err := f.Read(b)
			c.rest = append(c.rest, b[:n]...)
			if err != nil {
				return
			}
		}
	}()
	return c.w, nil
}

func (c *capture) closeWriter() {
	if c.w >= 0 {
		unix.Close(c.w)
	}
}

// bytes waits until every writer has closed the descriptor, and gives all that was written. The desc that
// holds the capture must have been dropped before.
func (c *capture) bytes() []byte {
	if c.w < 0 {
		return c.buf.Bytes()
	}
	<-c.done
	return append(c.buf.Bytes(), c.rest...)
}
