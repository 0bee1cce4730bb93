package emulator

import (
	"fmt"
	"os"
	"sync"
	"syscall"
)

// logs is what an environment's processes write to their standard output and error: a pipe, of which the end is kept for
// the caller, and all goes to the server's Logs. What was written before a drain is in it after.
type logs struct {
	server *Server
	r, w   *os.File
	conn   syscall.RawConn
	read   sync.WaitGroup

	mu   sync.Mutex // guards tail, and held from a read to its append
	tail []byte     // of the invocation that runs, or ran last, and of the start
	used bool       // an invocation began
}

func newLogs(s *Server) (*logs, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l := &logs{server: s, r: r, w: w}
	if l.conn, err = r.SyscallConn(); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l.read.Go(func() {
		l.conn.Read(func(fd uintptr) bool { return l.take(fd) }) // ends when the pipe does, or is closed
	})
	return l, nil
}

// take reads all that is there, and says whether the pipe is at its end.
func (l *logs) take(fd uintptr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	buf := make([]byte, 16<<10)
	for {
		n, err := syscall.Read(int(fd), buf)
		switch {
		case n > 0:
			l.add(buf[:n])
		case err == syscall.EINTR:
		default:
			return err != syscall.EAGAIN
		}
	}
}

// drain takes what was written up to now.
func (l *logs) drain() {
	l.conn.Control(func(fd uintptr) { l.take(fd) }) // its error says that the pipe is closed
}

// add appends to the log. mu is held.
func (l *logs) add(p []byte) {
	l.tail = append(l.tail, p...)
	if over := len(l.tail) - logTail; over > 0 {
		l.tail = append(l.tail[:0], l.tail[over:]...)
	}
	if out := l.server.Logs; out != nil {
		l.server.logs.Lock()
		defer l.server.logs.Unlock()
		out.Write(p) // nobody could be told of an error
	}
}

// begin starts an invocation's log. What the first one finds is from the environment's start.
func (l *logs) begin(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used {
		l.tail = nil
	}
	l.used = true
	l.add([]byte("START RequestId: " + id + " Version: $LATEST\n"))
}

// finish ends an invocation's log with a line, and gives its end.
func (l *logs) finish(line string) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add([]byte(line))
	return append([]byte(nil), l.tail...)
}

// close ends the log when the processes that write to it have ended.
func (l *logs) close() {
	l.w.Close()
	l.r.Close()
	l.read.Wait()
}
