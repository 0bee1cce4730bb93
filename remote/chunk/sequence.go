package chunk

import "bytes"

// fasta finds lines that begin with '>'.
type fasta struct{}

func (fasta) next(v *view, i int) (int, bool) {
	// '>' is rarer than newlines are.
	for i < len(v.buf) {
		j := bytes.IndexByte(v.buf[i:], '>')
		if j < 0 {
			break
		}
		i += j
		if i == 0 && v.bof || i > 0 && v.buf[i-1] == '\n' {
			return i, true
		}
		i++
	}
	return len(v.buf), false
}

func (fasta) context(v *view, i int) int { return before(v, i) }

// sam finds lines that do not begin with '@'.
type sam struct{}

func (sam) next(v *view, i int) (int, bool) {
	p := afterDelimiter(v, i, '\n')
	for p < len(v.buf) && v.buf[p] == '@' {
		p = afterDelimiter(v, p+1, '\n')
	}
	return p, p < len(v.buf)
}

func (sam) context(v *view, i int) int { return before(v, i) }

// fastq finds lines that begin with '@' two lines before one that begins with '+'.
type fastq struct{}

func (fastq) next(v *view, i int) (int, bool) {
	p := afterDelimiter(v, i, '\n')
	for p < len(v.buf) {
		if v.buf[p] == '@' {
			plus := thirdLine(v.buf, p)
			switch {
			case plus < len(v.buf) && v.buf[plus] == '+':
				return p, true
			case plus == len(v.buf) && !v.eof:
				return p, false
			}
		}
		p = afterDelimiter(v, p+1, '\n')
	}
	return len(v.buf), false
}

func (fastq) context(v *view, i int) int { return before(v, i) }

// thirdLine returns the index of the second line after the one at p; at most
// len(buf).
func thirdLine(buf []byte, p int) int {
	for range 2 {
		j := bytes.IndexByte(buf[p:], '\n')
		if j < 0 {
			return len(buf)
		}
		p += j + 1
	}
	return p
}
