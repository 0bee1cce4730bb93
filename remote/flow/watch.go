package flow

import (
	"sync"

	"golang.org/x/sys/unix"
)

// watch waits for the reader of a pipe or socket to leave.
type watch struct {
	quit  *waker
	ended chan struct{}
	once  sync.Once
}

// startWatch calls left, once, when the reader of fd has left. Where no pipe can be made for the watch, writes find out as
// well, only later: it is nil then.
func startWatch(fd int, left func()) *watch {
	quit, err := newWaker()
	if err != nil {
		return nil
	}
	w := &watch{quit: quit, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		fds := []unix.PollFd{{Fd: int32(fd)}, quit.pollFd()}
		if poll(fds) == nil && fds[1].Revents == 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
			left()
		}
	}()
	return w
}

// stop ends the watch. It may be called more than once, and of nil.
func (w *watch) stop() {
	if w == nil {
		return
	}
	w.once.Do(func() {
		w.quit.wake()
		<-w.ended
		w.quit.close()
	})
}
