package chunk

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// The prefixes of the names of formats by regular expression.
const (
	recordPrefix   = "record:"
	recStartPrefix = "recstart:"
	recEndPrefix   = "recend:"
)

// Record returns the format whose records begin with a line that re matches, in
// Go's syntax. ^ and $ are the line's ends; the newline and a CR before it do not
// belong to it.
func Record(re string) (Format, error) {
	line, err := compile(re)
	if err != nil {
		return Format{}, err
	}
	return Format{recordPrefix + re, record{line}, demandFirst}, nil
}

func compile(re string) (*regexp.Regexp, error) {
	if re == "" {
		return nil, errors.New("bad regular expression: it is empty")
	}
	compiled, err := regexp.Compile(re)
	if err == nil {
		return compiled, nil
	}
	var bad *syntax.Error
	if errors.As(err, &bad) {
		return nil, fmt.Errorf("bad regular expression: %s: %s in %s", re, bad.Code, quoteEmpty(bad.Expr))
	}
	return nil, fmt.Errorf("bad regular expression: %s: %w", re, err)
}

// record finds the lines that an expression matches.
type record struct{ line *regexp.Regexp }

func (r record) next(v *view, i int) (int, bool) {
	p := afterDelimiter(v, i, '\n')
	for p < len(v.buf) {
		end := bytes.IndexByte(v.buf[p:], '\n')
		next := p + end + 1
		if end < 0 {
			if !v.eof {
				return p, false
			}
			end, next = len(v.buf)-p, len(v.buf)
		}
		if r.line.Match(bytes.TrimSuffix(v.buf[p:p+end], []byte{'\r'})) {
			return p, true
		}
		p = next
	}
	return len(v.buf), false
}

func (record) context(v *view, i int) int { return before(v, i) }
