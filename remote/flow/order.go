package flow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Output that waits for its turn is bounded, so that a first task that takes long does not let the others fill the disk: no
// task is started while more waits than this.
const (
	waitingTasks = 100_000
	waitingBytes = 4 << 30
)

// order puts the outputs of tasks one after the other, in the order of their entries, each whole. The first entry's
// output is passed on as it comes, if that is allowed, and all others' wait in the store.
type order struct {
	orderConfig
	gone atomic.Bool // nobody reads out any more

	mu        sync.Mutex
	changed   sync.Cond
	head      *entry
	tail      *entry
	waiting   int
	held      bool // nothing is passed on yet
	closed    bool // no more entries come
	cut       bool // nothing is passed on any more
	err       error
	parked    *entry        // whose end the writer waits for
	admitting int           // callers of admit that wait
	written   chan struct{} // closed when the writer has ended
	watch     *watch        // for a reader that leaves, nil where there is none
}

// orderConfig is how an order is made.
type orderConfig struct {
	store *store
	// Outputs go to out, or to deliver: which is called by one goroutine, in order, and becomes the output's owner.
	out     *sink
	deliver func(*heldOutput) error
	live    bool // output may be passed on before its task has ended: no command is run again because it failed
	replays bool // attempts are lost now and then: others go on where they were
	strict  bool // everything is held back until release
	// fail is told the first error, once. It is called with locks held and must not call the order.
	fail func(error)
}

// state is how far an entry is.
type state uint8

const (
	open state = iota
	kept
	dropped   // it is as if the task had not been
	abandoned // the task has no answer: what follows it is not passed on either
	replaced  // by entries after it
)

// entry is one task's place in the output.
type entry struct {
	o *order

	mu     sync.Mutex // held while bytes of the task move
	held   heldOutput
	live   bool
	passed int64 // bytes that were passed on before the task ended
	replay *replay

	next  *entry // this and what follows: under o.mu
	state state
}

func newOrder(c orderConfig) *order {
	o := &order{orderConfig: c, held: c.strict, written: make(chan struct{})}
	o.live = c.live && !c.strict && c.deliver == nil
	o.changed.L = &o.mu
	if c.out != nil && c.out.hasReader {
		o.watch = startWatch(c.out.fd, o.readerLeft)
	}
	go o.write()
	return o
}

// add makes an entry after all others.
func (o *order) add() *entry {
	e := &entry{o: o}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tail == nil {
		o.head = e
		o.changed.Broadcast()
	} else {
		o.tail.next = e
	}
	o.tail = e
	o.waiting++
	return e
}

// replace puts two entries in e's place.
func (o *order) replace(e *entry) (*entry, *entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := &entry{o: o, next: e.next}
	a := &entry{o: o, next: b}
	e.next, e.state = a, replaced
	if o.tail == e {
		o.tail = b
	}
	o.waiting += 2
	o.changed.Broadcast()
	return a, b
}

// end says how an entry's task has ended: kept, dropped or abandoned.
func (o *order) end(e *entry, how state) {
	if how != kept {
		e.discard()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	e.state = how
	if e == o.head && (!o.advance() || o.admitting > 0) { // nobody waits for another
		o.changed.Broadcast()
	}
}

// advance goes past tasks of which nothing is left to be passed on, as the writer would, without its turn. It is done
// while the writer waits for the first entry's end, with o.mu held, and reports whether the writer can sleep on.
func (o *order) advance() bool {
	if o.parked != o.head || !o.live || o.cut || o.err != nil {
		return false
	}
	for o.head.state == kept && o.head.empty() {
		o.pop()
		if o.head == nil || !o.head.live && !o.head.goLiveEmpty() {
			return false
		}
		o.parked = o.head
	}
	return o.head.state == open
}

// pop goes to the next entry.
func (o *order) pop() {
	o.head = o.head.next
	if o.head == nil {
		o.tail = nil
	}
	o.waiting--
}

// empty reports whether the entry of a task that has ended holds nothing.
func (e *entry) empty() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.held.size() == 0
}

// goLiveEmpty is goLive for an entry that holds nothing. It does not wait for one that is at it.
func (e *entry) goLiveEmpty() bool {
	if !e.mu.TryLock() {
		return false
	}
	defer e.mu.Unlock()
	if e.held.size() == 0 {
		e.begin()
	}
	return e.live
}

// begin says that what the entry's task writes is passed on as it comes.
func (e *entry) begin() {
	e.live = true
	if e.o.replays {
		e.replay = new(replay)
	}
}

// admit waits until little enough is waiting that another task may start.
func (o *order) admit(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.changed.Broadcast()
	})()
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.held && o.deliver == nil && o.err == nil && (o.waiting > waitingTasks || o.waiting > 1 && o.store.held.Load() > waitingBytes) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		o.admitting++
		o.changed.Wait()
		o.admitting--
	}
	return nil
}

// release ends strict's hold: what was kept is passed on, or given up.
func (o *order) release(keep bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = false
	if !keep && o.err == nil {
		o.err = errStopped
	}
	o.changed.Broadcast()
}

// close waits until all is written, once every entry has ended, and returns the first error.
func (o *order) close() error {
	o.mu.Lock()
	o.closed = true
	o.changed.Broadcast()
	o.mu.Unlock()
	<-o.written
	o.watch.stop()
	for e := o.head; e != nil; e = e.next {
		e.discard()
	}
	return o.err
}

// abort gives up what is not written yet.
func (o *order) abort(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := o.err == nil
	if first {
		o.err = err
	}
	o.changed.Broadcast()
	if first && o.fail != nil {
		o.fail(err)
	}
}

// write passes the outputs on, entry by entry.
func (o *order) write() {
	defer close(o.written)
	for {
		e := o.first()
		if e == nil {
			return
		}
		if err := o.pass(e); err != nil {
			o.abort(err)
			return
		}
		o.mu.Lock()
		if o.head == e {
			o.pop()
			o.changed.Broadcast()
		}
		o.mu.Unlock()
	}
}

// first waits for the first entry. It is nil when there will be none.
func (o *order) first() *entry {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		switch {
		case o.err != nil:
			return nil
		case o.head != nil && !o.held:
			return o.head
		case o.head == nil && o.closed:
			return nil
		}
		o.changed.Wait()
	}
}

// pass passes on all of e's output.
func (o *order) pass(e *entry) error {
	if o.live && !o.cut && !(o.replays && o.ended(e)) {
		if err := e.goLive(); err != nil {
			return err
		}
	}
	state, err := o.wait(e)
	switch {
	case err != nil:
		return err
	case state == abandoned:
		o.cut = true
	case state == kept && !o.cut && o.deliver != nil:
		return o.deliver(e.release())
	case state == kept && !o.cut:
		return e.flush()
	}
	e.discard()
	return nil
}

// ended reports whether an entry's task has ended.
func (o *order) ended(e *entry) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return e.state != open
}

// wait waits for the end of an entry's task.
func (o *order) wait(e *entry) (state, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.parked = e
	for o.head == o.parked && o.head.state == open && o.err == nil {
		o.changed.Wait()
	}
	o.parked = nil
	return e.state, o.err
}

// release returns what an entry holds, which is the caller's from now on.
func (e *entry) release() *heldOutput {
	e.mu.Lock()
	defer e.mu.Unlock()
	held := e.held
	e.held = heldOutput{}
	return &held
}

// adopt makes the entry the owner of an output, which is its task's whole.
func (e *entry) adopt(h *heldOutput) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.held = *h
}

// goLive passes on what an entry holds; what follows is passed on as it comes.
func (e *entry) goLive() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.begin(); e.replay == nil {
		e.passed += e.held.size()
		return e.o.flush(&e.held)
	}
	defer e.o.store.drop(&e.held)
	err := e.o.store.each(&e.held, func(b []byte) error { return e.replay.write(b, e.o.out) })
	if err != nil {
		return writeError(err)
	}
	return nil
}

func (e *entry) flush() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.o.flush(&e.held)
}

func (o *order) flush(h *heldOutput) error {
	if err := o.store.flush(h, o.out); err != nil {
		return writeError(err)
	}
	return nil
}

// writeError names what failed, unless somebody else's end says it.
func writeError(err error) error {
	var stored *storeError
	if errors.Is(err, errGone) || errors.Is(err, errStopped) || errors.Is(err, errDiffers) || errors.As(err, &stored) {
		return err
	}
	return fmt.Errorf("write output: %w", cause(err))
}

func (e *entry) discard() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.o.store.drop(&e.held)
}

// reset forgets the output of an attempt that does not count.
func (e *entry) reset() error {
	e.discard()
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.replay != nil:
		e.replay.restart()
	case e.passed > 0:
		return errPassed
	}
	return nil
}

// whole is told that the attempt that counts has ended.
func (e *entry) whole() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.replay == nil {
		return nil
	}
	return e.replay.end()
}

// take moves what there is in the pipe from; see sink.
func (e *entry) take(from int) (int64, error) {
	n, err := e.move(from)
	if err != nil && err != unix.EAGAIN {
		e.o.abort(writeError(err))
	}
	return n, err
}

func (e *entry) move(from int) (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.replay != nil {
		return e.replay.move(from, e.o.out)
	}
	if e.live {
		n, err := e.o.out.take(from)
		e.passed += n
		return n, err
	}
	n, err := e.o.store.take(&e.held, from)
	if n > 0 && e.o.gone.Load() {
		return n, errGone
	}
	return n, err
}

// put adds b to the entry's output.
func (e *entry) put(b []byte) error {
	err := e.add(b)
	if err != nil {
		e.o.abort(writeError(err))
	}
	return err
}

func (e *entry) add(b []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.replay != nil {
		return e.replay.write(b, e.o.out)
	}
	if e.live {
		e.passed += int64(len(b))
		return e.o.out.write(b)
	}
	if e.o.gone.Load() && len(b) > 0 {
		return errGone
	}
	return e.o.store.add(&e.held, b)
}

// readerLeft is told that nobody reads out any more. As in any pipe that stops nobody who writes nothing; but as soon as
// there is output that will never be read, the run ends.
func (o *order) readerLeft() {
	o.gone.Store(true)
	if o.out.anything.Load() || o.store.held.Load() > 0 {
		o.abort(errGone)
	}
}
