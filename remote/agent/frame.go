package agent

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// kind says what a frame is.
type kind byte

const (
	kindHello   kind = 'h'
	kindRun     kind = 'r'
	kindExplain kind = 'x'
	kindCancel  kind = 'c'
	kindFile    kind = 'f'
	kindAnswer  kind = 'a'
)

const (
	headSize = 16
	// maxBody bounds what is believed of a frame's length, so that a stray byte does not become an allocation: the
	// largest snapshots, of shells that hold files in variables, are some 100 MB.
	maxBody = 1 << 30
	// maxFiles bounds a segment: two, and one for each stage. No pipeline that people write comes near.
	maxFiles = 4096
	// filesAtOnce is how many descriptors ride on one byte: Linux takes 253 (SCM_MAX_FD), others what fits into a
	// buffer of 2 KiB.
	filesAtOnce = 128
	// bodyAtOnce is how much of a body is believed in before it is there, in bytes.
	bodyAtOnce = 1 << 20
)

// frame is what travels, with the files that came with it. Whoever takes it closes them.
type frame struct {
	kind  kind
	call  uint64
	body  []byte
	files []*os.File
	lost  bool // the system had no room for all of its files
}

// errFrame says that what came is no frame.
var errFrame = errors.New("not a frame")

// stream is where frames come from.
type stream interface {
	io.Reader
	// readFiles reads like Read, and takes the descriptors that ride on the first byte. lost says that there were more
	// than the system has room for.
	readFiles(p []byte) (n int, fds []int, lost bool, err error)
}

// readFrame reads one frame. io.EOF means that the other end closed in between two.
func readFrame(s stream) (f *frame, err error) {
	var head [headSize]byte
	n, fds, lost, err := s.readFiles(head[:])
	defer func() {
		if err != nil {
			closeFds(fds)
		}
	}()
	if err != nil {
		return nil, err
	}
	if _, err = io.ReadFull(s, head[n:]); err != nil {
		return nil, midFrame(err)
	}
	f = &frame{kind: kind(head[6]), call: binary.BigEndian.Uint64(head[8:]), lost: lost}
	size, files := binary.BigEndian.Uint32(head[:]), int(binary.BigEndian.Uint16(head[4:]))
	if size > maxBody || files > maxFiles || head[7] != 0 {
		return nil, errFrame
	}
	for range batches(files) - 1 {
		more, lost, err := readMore(s)
		fds = append(fds, more...) // also after an error: they are there to be closed
		if err != nil {
			return nil, err
		}
		f.lost = f.lost || lost
	}
	if len(fds) > files {
		return nil, errFrame
	}
	f.lost = f.lost || len(fds) < files
	if f.body, err = readBody(s, int64(size)); err != nil {
		return nil, err
	}
	for _, fd := range fds {
		f.files = append(f.files, os.NewFile(uintptr(fd), fmt.Sprintf("/dev/fd/%d", fd)))
	}
	return f, nil
}

// batches is how many bytes descriptors ride on; at least the head's first.
func batches(files int) int { return max(1, (files+filesAtOnce-1)/filesAtOnce) }

// readMore reads one byte of more.
func readMore(s stream) (fds []int, lost bool, err error) {
	n, fds, lost, err := s.readFiles(make([]byte, 1))
	if err != nil || n == 0 {
		return fds, lost, midFrame(err)
	}
	return fds, lost, nil
}

// readBody reads so many bytes, into memory that grows with what is there.
func readBody(s stream, size int64) ([]byte, error) {
	if size <= bodyAtOnce {
		body := make([]byte, size)
		_, err := io.ReadFull(s, body)
		return body, midFrame(err)
	}
	var body bytes.Buffer
	_, err := io.CopyN(&body, s, size)
	return body.Bytes(), midFrame(err)
}

// midFrame is the error for a stream that ends where it should not.
func midFrame(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// head writes a frame's head and the bytes of more.
func head(k kind, call uint64, body, files int) []byte {
	b := make([]byte, headSize, headSize+batches(files)-1+min(body, bodyAtOnce))
	binary.BigEndian.PutUint32(b, uint32(body))
	binary.BigEndian.PutUint16(b[4:], uint16(files))
	b[6] = byte(k)
	binary.BigEndian.PutUint64(b[8:], call)
	return append(b, make([]byte, batches(files)-1)...)
}

func (f *frame) close() {
	for _, file := range f.files {
		file.Close()
	}
}
