package worker

import (
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"sshell/interp/plan"
)

// guardAfter is how old a task is when it gets the guard's protection: to the many that take less it costs nothing, and
// what they leave behind when the client is killed ends by itself about as soon.
const guardAfter = time.Second

// guard is a process of ours that lives while there are tasks with programs older than guardAfter. The kernel kills
// programs when their client is killed, but not what they have started: the guard does that when its socket closes.
type guard struct {
	mu     sync.Mutex
	end    *os.File // our end of its socket, nil while there is none
	groups int      // how many it looks after
	gone   sync.WaitGroup
}

// ward tells the guard of a process group, or with a negative number that it needs no protection any more.
type ward struct {
	Group int `cbor:"g"`
}

// protect puts a group into the guard's care, starting it if there is none. It reports whether it did: a machine that is
// out of processes still runs its tasks.
func (w *Worker) protect(group int) bool {
	g := &w.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.end == nil && w.startGuard() != nil {
		return false
	}
	if writeFrame(g.end, ward{group}) != nil { // somebody killed it: the next task gets another
		g.end.Close()
		g.end = nil
		return false
	}
	g.groups++
	return true
}

// unprotect ends the care for a group. The guard ends with the last.
func (w *Worker) unprotect(group int) {
	g := &w.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	// A guard that somebody killed has nothing to release.
	_ = writeFrame(g.end, ward{-group})
	if g.groups--; g.groups == 0 {
		g.end.Close()
		g.end = nil
	}
}

func (w *Worker) startGuard() error {
	ours, theirs, err := newSocket()
	if err != nil {
		return err
	}
	defer theirs.Close()
	null, self := w.null.Fd(), w.cfg.Self
	f := fork{
		file: self[0], argv: append(self[:len(self):len(self)], orderFd), env: os.Environ(),
		dir: "/", files: []uintptr{null, null, null, theirs.Fd()},
	}
	pid, err := f.worker()
	if err == nil {
		p := &process{pid: pid}
		w.guard.gone.Go(func() {
			p.await()
			p.reap()
		})
		err = writeFrame(ours, &order{Guard: true})
	}
	if err != nil {
		ours.Close()
		return err
	}
	w.guard.end = ours
	return nil
}

// keepGuard is the main of the guard: it kills the groups in its care when nobody is there any more to release them.
func keepGuard(end io.Reader) int {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM)
	groups := make(map[int]bool)
	for {
		var w ward
		if readFrame(end, &w) != nil {
			break
		}
		if w.Group > 0 {
			groups[w.Group] = true
		} else {
			delete(groups, -w.Group)
		}
	}
	for group := range groups {
		k := &kin{group: group, census: new(census)}
		k.signal(k.living(), syscall.SIGKILL)
	}
	if len(groups) > 0 {
		return plan.StatusMachinery
	}
	return 0
}
