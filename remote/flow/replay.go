package flow

import (
	"errors"
	"hash/maphash"
)

// replay is output that is passed on while its task runs, on a target that may lose the attempt: what was passed on cannot be
// taken back, so that another attempt's output can only go on where that of the lost one ended, if it begins with the same bytes. They
// are compared by their digest, which is all that is kept of them: 64 bits under a key that no command knows. Its methods are for one
// goroutine at a time.
type replay struct {
	passed maphash.Hash  // of what was passed on
	n      int64         // bytes of it
	again  *maphash.Hash // of another attempt's first bytes, nil while there is nothing to compare
	left   int64         // bytes that are still to be compared
}

// errPassed says that the output of an attempt that does not count has been passed on.
var errPassed = errors.New("part of its output has been passed on and cannot be taken back")

// errDiffers says that another attempt has not written again what was passed on of one that was lost.
var errDiffers = errors.New("part of a task's output has been passed on before its attempt was lost, and the next one writes something else")

// restart says that the attempt does not count, and another follows.
func (r *replay) restart() {
	if r.n > 0 {
		r.again, r.left = new(maphash.Hash), r.n
		r.again.SetSeed(r.passed.Seed())
	}
}

// next returns what is to be passed on of an attempt's next bytes.
func (r *replay) next(b []byte) ([]byte, error) {
	if r.again != nil {
		k := min(r.left, int64(len(b)))
		r.again.Write(b[:k])
		if b, r.left = b[k:], r.left-k; r.left > 0 {
			return nil, nil
		}
		if r.again.Sum64() != r.passed.Sum64() {
			return nil, errDiffers
		}
		r.again = nil
	}
	if len(b) == 0 {
		return nil, nil
	}
	r.passed.Write(b)
	r.n += int64(len(b))
	return b, nil
}

// end says that the attempt has ended, and counts.
func (r *replay) end() error {
	if r.again != nil {
		return errDiffers
	}
	return nil
}

// move passes on what there is in the pipe from; see sink.
func (r *replay) move(from int, to *sink) (int64, error) {
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	n, err := readOnce(from, buf[:])
	if n <= 0 || err != nil {
		return 0, err
	}
	return int64(n), r.write(buf[:n], to)
}

// write passes on what is new of b.
func (r *replay) write(b []byte, to *sink) error {
	b, err := r.next(b)
	if err != nil || len(b) == 0 {
		return err
	}
	return to.write(b)
}

// replayDrain is the replay of a task that has no place in the order: put passes on what is new, and flush what put has held back.
type replayDrain struct {
	replay
	put   func([]byte) error
	flush func() error // nil where put holds nothing back
}

func (d *replayDrain) take(from int) (int64, error) {
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	n, err := readOnce(from, buf[:])
	if n <= 0 || err != nil {
		return 0, err
	}
	b, err := d.next(buf[:n])
	if err == nil && len(b) > 0 {
		err = d.put(b)
	}
	return int64(n), err
}

// end says that the attempt has ended, and counts.
func (d *replayDrain) end() error {
	err := d.replay.end()
	if err == nil && d.flush != nil {
		err = d.flush()
	}
	return err
}
