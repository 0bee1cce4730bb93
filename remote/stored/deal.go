package stored

import (
	"io"
	"os"

	"sshell/remote"
	"sshell/remote/keys"
)

const (
	// dealMemory is how many bytes of lines wait in memory, all parts together: an eighth of what a function has at least.
	dealMemory = 16 << 20
	// dealLeast is what a part collects at least before it is moved to the file: a thousand parts take no more memory.
	dealLeast = 16 << 10
)

// deal holds lines until all are dealt, for an object that has one part after the other.
type deal struct {
	dealer *keys.Dealer
	parts  []part
	most   int      // bytes of a part in memory
	dir    string   // for file
	file   *os.File // nil until it is needed; it has no name
	end    int64    // of file
	index  remote.Dealt
}

// part is what was dealt to one part.
type part struct {
	buf     []byte
	extents []extent // in the file, before buf
	size    int64
}

type extent struct{ off, n int64 }

func newDeal(want remote.Output, dir string) (*deal, error) {
	k, err := keys.Parse(want.Keys)
	if err != nil {
		return nil, err
	}
	d := &deal{parts: make([]part, want.Parts), dir: dir}
	d.most = max(dealLeast, dealMemory/want.Parts)
	d.dealer = keys.NewDealer(k, want.Parts, d.put)
	return d, nil
}

func (d *deal) write(p []byte) (int, error) { return d.dealer.Write(p) }

func (d *deal) put(i int, line []byte) error {
	if d.index.FirstSize == 0 {
		d.index.First, d.index.FirstSize = i, int64(len(line))
	}
	p := &d.parts[i]
	p.buf = append(p.buf, line...)
	p.size += int64(len(line))
	if len(p.buf) < d.most {
		return nil
	}
	if d.file == nil {
		f, err := os.CreateTemp(d.dir, "sshell-")
		if err != nil {
			return err
		}
		d.file = f
		if err := os.Remove(f.Name()); err != nil {
			return err
		}
	}
	if _, err := d.file.WriteAt(p.buf, d.end); err != nil {
		return err
	}
	n := int64(len(p.buf))
	p.extents = append(p.extents, extent{d.end, n})
	d.end += n
	p.buf = p.buf[:0]
	return nil
}

// finish gives all parts to put, one after the other, and what follows the last newline. It returns the index of that.
func (d *deal) finish(put func([]byte) error) (*remote.Dealt, error) {
	d.index.Parts = make([]int64, len(d.parts))
	buf := make([]byte, copyBuffer)
	for i := range d.parts {
		p := &d.parts[i]
		d.index.Parts[i] = p.size
		for _, e := range p.extents {
			r := io.NewSectionReader(d.file, e.off, e.n)
			if _, err := io.CopyBuffer(struct{ io.Writer }{writerFunc(put)}, struct{ io.Reader }{r}, buf); err != nil {
				return nil, err
			}
		}
		if len(p.buf) == 0 {
			continue
		}
		if err := put(p.buf); err != nil {
			return nil, err
		}
	}
	if rest := d.dealer.Rest(); len(rest) > 0 {
		return &d.index, put(rest)
	}
	return &d.index, nil
}

// copyBuffer is how much is copied at a time.
const copyBuffer = 256 << 10

type writerFunc func([]byte) error

func (f writerFunc) Write(p []byte) (int, error) { return len(p), f(p) }

func (d *deal) close() {
	if d.file != nil {
		d.file.Close()
		d.file = nil
	}
}
