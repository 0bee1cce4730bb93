package flow

import (
	"context"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"sshell/remote"
)

const (
	// memoryMax is how much output waits in memory, all tasks together: enough for tens of thousands of tasks that
	// print a line, and a small part of what the client may use in all (100 MB).
	memoryMax = 16 << 20

	// smallMax is how much of one task's output waits in memory: what a pipe holds by default.
	smallMax = 64 << 10

	// The file is given out in extents: a first one for outputs that are just too large for memory, then larger ones, so
	// that a task that waits with 1 GiB is a thousand numbers.
	firstExtent = smallMax
	laterExtent = 1 << 20
)

// store holds the output of tasks that have to wait for their turn: the first bytes in memory, the rest in one file without
// a name, whose space is used again. It may be used concurrently.
type store struct {
	dir     string
	ctx     context.Context // of reads of what tasks stored themselves
	scratch *scratch        // where that is; nil on a target whose tasks store nothing

	held atomic.Int64 // bytes in all
	mem  atomic.Int64 // of these, in memory

	copies atomic.Bool // the kernel does not move bytes into the file by itself

	mu    sync.Mutex
	f     *os.File
	fd    int     // set before the first extent is given out
	end   int64   // of the file
	first []int64 // offsets of free first extents
	later []int64 // of free later ones
}

// heldOutput is what one task's output holds of a store. The zero value is empty. It is for one goroutine at a time.
type heldOutput struct {
	mem     []byte  // all of it, or nothing if there are extents
	extents []int64 // offsets in the store's file; the first is shorter
	onDisk  int64   // bytes in extents

	// Instead of all these it may be what the task has stored itself, on a target that can.
	pieces []remote.Piece
	stored int64 // bytes in pieces
	dealt  *remote.Dealt
}

func (h *heldOutput) size() int64 { return int64(len(h.mem)) + h.onDisk + h.stored }

// storedOutput is the output of a task that has stored it.
func storedOutput(r *remote.Result) *heldOutput {
	if r == nil || r.Out == 0 {
		return &heldOutput{}
	}
	return &heldOutput{pieces: []remote.Piece{{Object: r.Object, End: r.Out}}, stored: r.Out, dealt: r.Dealt}
}

// unlinked makes a file in dir and removes its name.
func unlinked(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "sshell-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// add adds b to h.
func (s *store) add(h *heldOutput, b []byte) error {
	if h.onDisk == 0 && len(h.mem)+len(b) <= smallMax && s.mem.Load()+int64(len(b)) <= memoryMax {
		h.mem = append(h.mem, b...)
		s.mem.Add(int64(len(b)))
		s.held.Add(int64(len(b)))
		return nil
	}
	if mem := h.mem; mem != nil {
		h.mem = nil
		s.mem.Add(-int64(len(mem)))
		s.held.Add(-int64(len(mem)))
		if err := s.write(h, mem); err != nil {
			return err
		}
	}
	return s.write(h, b)
}

// write adds b to h's part of the file.
func (s *store) write(h *heldOutput, b []byte) error {
	for len(b) > 0 {
		off, room, err := s.room(h)
		if err != nil {
			return err
		}
		n, err := unix.Pwrite(s.fd, b[:min(room, int64(len(b)))], off)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return &storeError{s.dir, err}
		}
		b = b[n:]
		s.grow(h, int64(n))
	}
	return nil
}

func (s *store) grow(h *heldOutput, n int64) {
	h.onDisk += n
	s.held.Add(n)
}

// take moves to h what there is in the pipe from, as sink's take does.
func (s *store) take(h *heldOutput, from int) (int64, error) {
	for h.onDisk > 0 && !s.copies.Load() {
		off, room, err := s.room(h)
		if err != nil {
			return 0, err
		}
		n, err := movePipe(from, s.fd, &off, room)
		switch {
		case err == unix.EINTR:
		case cannotMove(err):
			s.copies.Store(true)
		case err != nil && err != unix.EAGAIN:
			return 0, &storeError{s.dir, err}
		default:
			s.grow(h, n)
			return n, err
		}
	}
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	n, err := readOnce(from, buf[:])
	if n > 0 {
		err = s.add(h, buf[:n])
	}
	return int64(n), err
}

// room returns where in the file h's next bytes belong, and how many there is room for.
func (s *store) room(h *heldOutput) (off, room int64, err error) {
	index, used, size := 0, h.onDisk, int64(firstExtent)
	if h.onDisk >= firstExtent {
		index, used, size = 1+int((h.onDisk-firstExtent)/laterExtent), (h.onDisk-firstExtent)%laterExtent, laterExtent
	}
	if index == len(h.extents) {
		start, err := s.extent(index)
		if err != nil {
			return 0, 0, err
		}
		h.extents = append(h.extents, start)
	}
	return h.extents[index] + used, size - used, nil
}

// extent gives out a first or a later extent.
func (s *store) extent(index int) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f == nil {
		f, err := nameless(s.dir)
		if err != nil {
			return 0, &storeError{s.dir, cause(err)}
		}
		s.f = f
		if s.fd, err = descriptor(f); err != nil {
			return 0, err
		}
	}
	free, size := &s.later, int64(laterExtent)
	if index == 0 {
		free, size = &s.first, firstExtent
	}
	if n := len(*free); n > 0 {
		off := (*free)[n-1]
		*free = (*free)[:n-1]
		return off, nil
	}
	off := s.end
	s.end += size
	return off, nil
}

// flush writes all that h holds to out and empties h.
func (s *store) flush(h *heldOutput, out *sink) error {
	if err := s.send(h, out); err != nil {
		return err
	}
	s.drop(h)
	return nil
}

// send writes all that h holds to out.
func (s *store) send(h *heldOutput, out *sink) error {
	if len(h.pieces) > 0 {
		return s.scratch.fetch(s.ctx, h.pieces, out.write)
	}
	if err := out.write(h.mem); err != nil {
		return err
	}
	return s.extents(h, func(off, n int64) error { return out.send(s.fd, off, n) })
}

// each calls f with all that h holds, piece by piece, in order.
func (s *store) each(h *heldOutput, f func([]byte) error) error {
	if len(h.mem) > 0 {
		return f(h.mem)
	}
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	return s.extents(h, func(off, n int64) error {
		for n > 0 {
			got, err := s.f.ReadAt(buf[:min(n, copyBuffer)], off)
			if err != nil {
				return err
			}
			if err := f(buf[:got]); err != nil {
				return err
			}
			off, n = off+int64(got), n-int64(got)
		}
		return nil
	})
}

// extents calls f with the part of each of h's extents that is in use.
func (s *store) extents(h *heldOutput, f func(off, n int64) error) error {
	left := h.onDisk
	for i, off := range h.extents {
		size := int64(laterExtent)
		if i == 0 {
			size = firstExtent
		}
		n := min(left, size)
		if err := f(off, n); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// drop empties h and gives its space back.
func (s *store) drop(h *heldOutput) {
	s.mem.Add(-int64(len(h.mem)))
	s.held.Add(h.stored - h.size())
	if len(h.extents) > 0 {
		s.mu.Lock()
		s.first = append(s.first, h.extents[0])
		s.later = append(s.later, h.extents[1:]...)
		s.mu.Unlock()
	}
	*h = heldOutput{}
}

// storeError says why output could not be kept until its turn.
type storeError struct {
	dir string
	err error
}

func (e *storeError) Error() string { return "store output in " + e.dir + ": " + e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

// close gives everything back.
func (s *store) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f != nil {
		s.f.Close()
		s.f = nil
	}
}
