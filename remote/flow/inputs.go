package flow

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// inputs gives the values of one task after the other: the combinations of all sources, the last changing first.
// The first group of sources is read as tasks are wanted, the others are held. A source without values beside others counts as
// one that is empty, as in GNU parallel.
type inputs struct {
	o       *inputOptions
	first   []source
	others  [][][]string // of each other group its rows
	row     []string     // of the first group
	at      []int        // the row of each other group that comes next; nil when a new row of the first is needed
	pending [][]string   // values that Total read ahead
	ahead   bool
	nul     bool // a value held a NUL
	width   int  // how many values a combination has
	files   []*os.File
}

// source gives the values of one source, and io.EOF.
type source interface{ next() (string, error) }

// wordSource gives words.
type wordSource struct{ words []string }

func (w *wordSource) next() (string, error) {
	if len(w.words) == 0 {
		return "", io.EOF
	}
	word := w.words[0]
	w.words = w.words[1:]
	return word, nil
}

// openInputs opens the sources. Without any, stdin is one. open opens a file; the inputs close it.
func openInputs(o *inputOptions, stdin *os.File, open func(string) (*os.File, error), w *waker) (*inputs, error) {
	in := &inputs{o: o}
	groups := o.groups
	if len(groups) == 0 {
		groups = [][]inputSource{{{file: "-", isFile: true}}}
	}
	for i, group := range groups {
		var sources []source
		for _, s := range group {
			src, err := in.open(s, stdin, open, w)
			if err != nil {
				in.close()
				return nil, err
			}
			sources = append(sources, src)
		}
		if i == 0 {
			in.first = sources
			continue
		}
		rows, err := in.all(sources)
		if err != nil {
			in.close()
			return nil, err
		}
		if len(rows) == 0 {
			rows = [][]string{{""}}
		}
		in.others = append(in.others, rows)
	}
	return in, nil
}

func (in *inputs) open(s inputSource, stdin *os.File, open func(string) (*os.File, error), w *waker) (source, error) {
	if !s.isFile {
		return &wordSource{s.words}, nil
	}
	f := stdin
	if s.file != "-" {
		var err error
		if f, err = open(s.file); err != nil {
			return nil, fmt.Errorf("%s: %w", s.file, cause(err))
		}
		in.files = append(in.files, f)
	}
	r, err := newReader(f, w)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, cause(err))
	}
	return named{&items{r: r, delimiter: in.o.delimiter}, s.file}, nil
}

// named puts a source's name before its errors.
type named struct {
	source
	name string
}

func (n named) next() (string, error) {
	v, err := n.source.next()
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errStopped) {
		err = fmt.Errorf("%s: %w", n.name, cause(err))
	}
	return v, err
}

func (in *inputs) close() {
	for _, f := range in.files {
		f.Close()
	}
}

// all returns the rows of a group.
func (in *inputs) all(sources []source) ([][]string, error) {
	var rows [][]string
	for {
		row, err := in.side(sources)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}

// side reads a value of each source of a group. The shortest source ends the group.
func (in *inputs) side(sources []source) ([]string, error) {
	var row []string
	for _, s := range sources {
		v, err := s.next()
		if err != nil {
			return nil, err
		}
		v, had := noNULs(v)
		in.nul = in.nul || had
		row = append(row, in.columns(v)...)
	}
	return row, nil
}

// columns splits a value at colsep, and trims it.
func (in *inputs) columns(v string) []string {
	trim := in.o.trim
	columns := []string{v}
	if in.o.colsep != nil {
		columns = in.o.colsep.Split(v, -1)
		if trim == "" {
			trim = "lr"
		}
	}
	for i, c := range columns {
		if strings.Contains(trim, "l") {
			c = strings.TrimLeft(c, " \t\n\r\f\v")
		}
		if strings.Contains(trim, "r") {
			c = strings.TrimRight(c, " \t\n\r\f\v")
		}
		columns[i] = c
	}
	return columns
}

// combination returns the next combination of values, or io.EOF.
func (in *inputs) combination() ([]string, error) {
	for in.at == nil {
		row, err := in.side(in.first)
		if errors.Is(err, io.EOF) && in.width == 0 && len(in.others) > 0 {
			row, err = []string{""}, nil
		}
		if err != nil {
			return nil, err
		}
		in.row, in.at = row, make([]int, len(in.others))
	}
	values := append([]string(nil), in.row...)
	for i, rows := range in.others {
		values = append(values, rows[in.at[i]]...)
	}
	in.step()
	in.width = len(values)
	return values, nil
}

// step goes on to the next combination.
func (in *inputs) step() {
	for i := len(in.at) - 1; i >= 0; i-- {
		if in.at[i]++; in.at[i] < len(in.others[i]) {
			return
		}
		in.at[i] = 0
	}
	in.at = nil
}

// next returns the values of the next task, or io.EOF.
func (in *inputs) next() ([]string, error) {
	if in.ahead {
		if len(in.pending) == 0 {
			return nil, io.EOF
		}
		values := in.pending[0]
		in.pending = in.pending[1:]
		return values, nil
	}
	for {
		values, err := in.group()
		if err == nil && in.o.skipEmpty && strings.TrimSpace(strings.Join(values, "")) == "" {
			continue
		}
		return values, err
	}
}

// group returns the values of as many combinations as one task gets.
func (in *inputs) group() ([]string, error) {
	values, err := in.combination()
	if in.o.max == 0 {
		return nil, err
	}
	for n := 1; n < in.o.max && err == nil; n++ {
		var more []string
		if more, err = in.combination(); errors.Is(err, io.EOF) {
			return values, nil
		}
		values = append(values, more...)
	}
	return values, err
}

// total reads what is left and returns how many tasks there are.
func (in *inputs) total() (int64, error) {
	var all [][]string
	for {
		values, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		all = append(all, values)
	}
	in.pending, in.ahead = all, true
	return int64(len(all)), nil
}
