package chunk

import (
	"errors"
	"fmt"
	"io"
)

// A Splitter cuts a stream into chunks as the bytes come. By size, records and
// lines they are the chunks that Plan would yield for a file of the same bytes; the
// stream's end need not be known.
//
//	for {
//		body, err := s.Next()
//		if err == io.EOF {
//			break
//		}
//		… io.Copy(worker, body), or body.Load and body.Piece
//	}
//
// A Splitter holds one block of 1 MiB, plus what was handed out and not freed. A
// record longer than that does not stay in memory but passes through in pieces,
// however long it is. Only for fastq and regular expressions the block grows, to
// hold the lines that must be seen together: three of fastq, up to 64 MiB, and as
// many as the expression can match.
//
// A Splitter is for one goroutine at a time. It reads its stream only inside calls,
// and hands out what one read completes before it reads again, so that a slow
// stream's records are not held back.
type Splitter struct {
	r      io.Reader
	name   string
	format Format
	find   finder
	spec   Spec
	size   int // of a block, at least

	v     view // what is known of the current block
	block *block
	base  int64 // the offset of v.buf[0] in the stream
	out   int   // the index of the first byte that was not handed out
	at    int   // no chunk ends before this index; the search goes on here

	passed  bool  // the stream's beginning was found good
	lead    bool  // bytes that are not blank precede the first record
	target  int64 // BySize, ByLines: the bytes or lines after which the chunk may end
	left    int64 // ByRecords: how many there are before that
	lines   int64 // ByLines: newlines up to index counted
	counted int
	from    int64 // the offset at which the search for a start began

	body  *Body
	index int
	err   error // what every call returns from now on
}

// NewSplitter returns a Splitter of the stream r, which messages call name. N by
// count is an error: it needs a size.
func NewSplitter(r io.Reader, name string, format Format, spec Spec) (*Splitter, error) {
	return newSplitter(r, name, format, spec, blockSize)
}

func newSplitter(r io.Reader, name string, format Format, spec Spec, size int) (*Splitter, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	if spec.By == ByCount {
		return nil, fmt.Errorf("%s: a stream cannot be split into a number of chunks, since its size is not known; give a chunk size", name)
	}
	s := &Splitter{r: r, name: name, format: format, find: format.find(), spec: spec, size: size, block: newBlock(size)}
	if _, anywhere := s.find.(everywhere); anywhere && spec.By == ByRecords {
		s.spec.By = BySize
	}
	if spec.By == ByLines && format.isLines() {
		s.spec.By = ByRecords
	}
	s.v = view{buf: s.block.mem[:0], bof: true}
	s.passed = format.demand == demandNone
	s.left = spec.N
	return s, nil
}

// Next returns the next chunk, or io.EOF. What was not read of the chunk before is
// skipped. An error of the stream, or of what is in it, comes back from every
// later call, here and from the Body.
func (s *Splitter) Next() (*Body, error) {
	if s.body != nil {
		if err := s.body.skip(); err != nil {
			return nil, err
		}
		s.body = nil
	}
	if err := s.begin(); err != nil {
		return nil, s.fail(err)
	}
	start := s.base + int64(s.out)
	switch s.spec.By {
	case BySize:
		s.target = multipleAfter(start, s.spec.N)
	case ByLines:
		s.countLines(s.out)
		s.target = multipleAfter(s.lines, s.spec.N)
	}
	s.body = &Body{Index: s.index, Start: start, s: s}
	s.index++
	return s.body, nil
}

// begin makes sure that there is a chunk to begin.
func (s *Splitter) begin() error {
	for s.err == nil {
		switch first := s.atBeginning(); {
		case first && !s.v.eof && mayBeCompressed(s.v.buf) && len(s.v.buf) < sniffLen:
			// More bytes are needed to tell.
		case first && len(s.v.buf) > 0:
			return s.sniff()
		case s.out < len(s.v.buf):
			return nil
		case s.v.eof:
			return io.EOF
		}
		if err := s.read(); err != nil {
			return err
		}
	}
	return s.err
}

func (s *Splitter) fail(err error) error {
	if s.err == nil {
		s.err = err
		s.block.release()
		s.v.buf, s.out = nil, 0
	}
	return s.err
}

// piece returns the next bytes of the chunk, and whether they are its last. They
// may be none.
func (s *Splitter) piece() (Piece, bool, error) {
	for s.err == nil {
		end, found, err := s.scan()
		if err != nil {
			return Piece{}, false, s.fail(err)
		}
		if !found && s.v.eof {
			end, found = len(s.v.buf), true
		}
		if found {
			return s.handOut(end), true, nil
		}
		if full := len(s.v.buf) == len(s.block.mem); full && s.at > s.out {
			return s.handOut(s.at), false, nil
		}
		if err := s.read(); err != nil {
			return Piece{}, false, s.fail(err)
		}
	}
	return Piece{}, false, s.err
}

// handOut returns the bytes up to index end.
func (s *Splitter) handOut(end int) Piece {
	s.block.hold()
	p := Piece{Data: s.v.buf[s.out:end:end], block: s.block}
	s.out = end
	return p
}

// read reads once, into a new block if this one is full.
func (s *Splitter) read() error {
	if len(s.v.buf) == len(s.block.mem) {
		s.turn()
	}
	const emptyReads = 100 // as bufio has it
	for range emptyReads {
		had := len(s.v.buf)
		n, err := s.r.Read(s.block.mem[had:])
		s.v.buf = s.block.mem[:had+n]
		s.v.eof = errors.Is(err, io.EOF)
		switch {
		case err != nil && !s.v.eof:
			return fmt.Errorf("%s: %w", s.name, cause(err))
		case s.v.eof:
			return s.atEnd()
		case n > 0:
			return nil
		}
	}
	return fmt.Errorf("%s: %w", s.name, io.ErrNoProgress)
}

// turn goes on to a new block, with what the search still needs of this one.
func (s *Splitter) turn() {
	keep := min(s.find.context(&s.v, s.at), s.out)
	if keep < 0 {
		keep = 0
	}
	s.countLines(keep)
	s.v.drop(s.find, keep)
	s.base += int64(keep)
	s.at -= keep
	s.out -= keep
	s.counted -= keep
	size := s.size
	if len(s.v.buf) > size/2 {
		size = 2 * len(s.v.buf)
	}
	next := newBlock(size)
	n := copy(next.mem, s.v.buf)
	s.block.release()
	s.block = next
	s.v.buf = next.mem[:n]
}

func (s *Splitter) atBeginning() bool { return s.v.bof && s.out == 0 }

// sniff looks at the stream's first bytes.
func (s *Splitter) sniff() error {
	if _, ok := s.find.(everywhere); ok {
		return nil
	}
	err := sniff(s.name, s.v.buf[:min(len(s.v.buf), sniffLen)])
	var compressed *CompressedError
	if errors.As(err, &compressed) {
		compressed.stream = true
	}
	return err
}

// atEnd says what is wrong with the stream as a whole, at its end.
func (s *Splitter) atEnd() error {
	if s.atBeginning() {
		// What is compressed has quotes by chance.
		if err := s.sniff(); err != nil {
			return err
		}
	}
	if t, ok := s.find.(tracker); ok {
		whole := s.v
		if t.track(&whole, len(whole.buf)); whole.odd {
			return unclosedQuote(s.name)
		}
	}
	return nil
}
