package worker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
	"sshell/remote"
)

// Ahead is a process of ours that was started before there is a stage for it, so that the start takes no time of the stage's. It
// knows nothing of any task: its environment is empty, its directory the root, its descriptors the null device's, and
// it waits at its socket for a place, which says what is different. It ends when the process that started it does. Its
// methods may be called from several goroutines.
type Ahead struct {
	mu   sync.Mutex
	pid  int // 0 when it has been taken, or closed
	talk *talk
}

// aheadWord is the argument, behind the socket's number, of a process that is started ahead.
const aheadWord = "ahead"

// readyGrace is how long a process may take to be there: one that is still being started, by the slowest share of a
// processor that functions have (128 MB, 1/14), takes some 50 ms. One that takes longer is given up for a new one, in less time than a task's
// deadline has to spare.
const readyGrace = time.Second

// StartAhead starts a process of self, as in Config.
func StartAhead(self []string) (*Ahead, error) {
	path, err := absolute(self[0])
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	t, theirs, err := newTalk()
	if err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	defer theirs.Close()
	argv := append([]string{path}, self[1:]...)
	f := fork{
		file: path, argv: append(argv, orderFd, aheadWord), env: []string{}, dir: "/",
		files: []uintptr{null.Fd(), null.Fd(), null.Fd(), theirs.Fd()},
	}
	pid, err := f.worker()
	if err != nil {
		t.end.Close()
		return nil, fmt.Errorf("start worker: %w", err)
	}
	return &Ahead{pid: pid, talk: t}, nil
}

// Close ends the process, unless a stage has it: it is the stage's then. When Close returns it is gone.
func (a *Ahead) Close() {
	if pid, t := a.out(); pid != 0 {
		endProcess(pid, t)
	}
}

// out takes the process out, for the one who asks first.
func (a *Ahead) out() (int, *talk) {
	a.mu.Lock()
	defer a.mu.Unlock()
	pid, t := a.pid, a.talk
	a.pid, a.talk = 0, nil
	return pid, t
}

// take makes the process that of a stage, in a group of its own. It reports whether it is: one that has died, or cannot be
// had soon, is gone then, and has run nothing.
func (a *Ahead) take(pl *place, files []uintptr) (pid int, t *talk, ok bool) {
	pid, t = a.out()
	if pid == 0 {
		return 0, nil, false
	}
	if t.awaitReady() != nil || !(&process{pid: pid}).alive() || t.give(pl, files) != nil {
		endProcess(pid, t)
		return 0, nil, false
	}
	return pid, t, true
}

// endProcess kills a process that has nothing to do, and waits for its end.
func endProcess(pid int, t *talk) {
	t.end.Close()
	syscall.Kill(pid, syscall.SIGKILL)
	p := &process{pid: pid}
	p.await()
	p.reap()
}

// place is where a process that was started ahead is to run its stage. Its descriptors come with the first byte.
type place struct {
	Dir   string `cbor:"d,omitempty"` // empty for the root, where it is
	Umask *int   `cbor:"u,omitempty"` // nil for what it has
}

// awaitReady waits until the process says that it is there, which it mostly has long ago.
func (t *talk) awaitReady() error {
	t.end.SetReadDeadline(time.Now().Add(readyGrace))
	defer t.end.SetReadDeadline(time.Time{})
	return readFrame(t.end, new(reply))
}

// give sends a process its place. It does not wait for it: the order, which follows, fits beside it.
func (t *talk) give(pl *place, files []uintptr) error {
	raw, err := t.end.SyscallConn()
	if err != nil {
		return err
	}
	var fds []int
	for _, fd := range files {
		fds = append(fds, int(fd))
	}
	rights := unix.UnixRights(fds...)
	var sent error
	err = raw.Write(func(fd uintptr) bool {
		sent = unix.Sendmsg(int(fd), []byte{0}, rights, nil, 0)
		return sent != unix.EAGAIN && sent != unix.EINTR
	})
	if err = errors.Join(err, sent); err != nil {
		return err
	}
	return writeFrame(t.end, pl)
}

// takePlace says that this process is there, waits for a place, and takes it. An error says that there will be none.
func takePlace(end *os.File) error {
	if err := rehearse(); err != nil {
		return err
	}
	if err := writeFrame(end, new(reply)); err != nil {
		return err
	}
	fds, err := takeFiles(end)
	if err != nil {
		return err
	}
	var pl place
	if err := readFrame(end, &pl); err != nil {
		return err
	}
	if err := pl.enter(fds); err != nil {
		return errors.Join(err, writeFrame(end, failed(err)))
	}
	return nil
}

// rehearse reads an order that says nothing: the first of a kind takes the codec some time.
func rehearse() error {
	var empty bytes.Buffer
	if err := writeFrame(&empty, &order{Task: &remote.Task{Snapshot: new(plan.Snapshot)}}); err != nil {
		return err
	}
	return readFrame(&empty, new(order))
}

// takeFiles reads one byte, and the descriptors that come with it.
func takeFiles(end *os.File) ([]int, error) {
	raw, err := end.SyscallConn()
	if err != nil {
		return nil, err
	}
	rights := make([]byte, unix.CmsgSpace(3*4)) // a descriptor is an int of 4 bytes
	var n, used int
	var got error
	err = raw.Read(func(fd uintptr) bool {
		n, used, _, _, got = unix.Recvmsg(int(fd), make([]byte, 1), rights, 0)
		return got != unix.EAGAIN && got != unix.EINTR
	})
	if err = errors.Join(err, got); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, errNoOrder
	}
	messages, err := unix.ParseSocketControlMessage(rights[:used])
	if err != nil {
		return nil, err
	}
	if len(messages) != 1 {
		return nil, errNoOrder
	}
	return unix.ParseUnixRights(&messages[0])
}

// enter makes this process what it would be if it had been started at its place.
func (pl *place) enter(fds []int) error {
	for to, fd := range fds {
		unix.Close(to) // of the null device
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD, to); err != nil {
			return fmt.Errorf("descriptor %d: %w", to, err)
		}
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	if pl.Dir != "" {
		if err := os.Chdir(pl.Dir); err != nil {
			return err
		}
	}
	if pl.Umask != nil {
		unix.Umask(*pl.Umask)
	}
	return nil
}

// setEnviron gives this process the environment of its task.
func setEnviron(t *remote.Task) {
	os.Clearenv()
	for _, entry := range newEnviron(t.Environ).with(t.Env).list {
		if name, value, ok := strings.Cut(entry, "="); ok {
			os.Setenv(name, value) // an error says that it is no name, which nobody asks for
		}
	}
}

// startedAhead takes the process that was started ahead for a stage, if there is one.
func (a *attempt) startedAhead(p *process, files []uintptr) bool {
	if a.w.cfg.Ahead == nil || p.isolated || a.group != 0 || dirError(a.task.Dir) != nil {
		return false
	}
	pid, t, ok := a.w.cfg.Ahead.take(&place{Dir: a.task.Dir, Umask: a.task.Umask}, files)
	if ok {
		p.pid, p.talk, t.ahead = pid, t, true
		go t.listen()
	}
	return ok
}

// settleOrder takes what a process that was started ahead said first, that it took its order, from what it said last.
func (p *process) settleOrder() {
	if p.talk.ahead && p.reply != nil {
		p.began = true
		if p.reply.Result == nil && p.reply.Error == "" {
			p.reply = nil // a program took its place, or a signal ended it
		}
	}
}
