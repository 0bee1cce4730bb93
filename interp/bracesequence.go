package interp

import (
	"math"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// sequence expands x..y and x..y..step, of numbers or letters; nil when it is neither.
func sequence(items []braceItem) [][]braceItem {
	text := make([]byte, len(items))
	for i, it := range items {
		if it.part != nil || it.escaped {
			return nil
		}
		text[i] = it.c
	}
	terms := strings.Split(string(text), "..")
	if len(terms) < 2 || len(terms) > 3 {
		return nil
	}
	step := int64(1)
	if len(terms) == 3 {
		var err error
		if step, err = strconv.ParseInt(terms[2], 10, 64); err != nil || step == math.MinInt64 {
			return nil
		}
	}
	from, to := terms[0], terms[1]
	if letter(from) && letter(to) {
		return letters(from[0], to[0], step)
	}
	x, err1 := strconv.ParseInt(from, 10, 64)
	y, err2 := strconv.ParseInt(to, 10, 64)
	if err1 != nil || err2 != nil {
		return nil
	}
	width := 0
	if zeroPadded(from) || zeroPadded(to) {
		width = max(len(from), len(to))
	}
	return numbers(x, y, step, width)
}

func letter(s string) bool { return len(s) == 1 && s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z' }

func zeroPadded(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return len(digits) > 1 && digits[0] == '0'
}

// stride gives the step with the sign that leads from x to y.
func stride(x, y, step int64) int64 {
	if step < 0 {
		step = -step
	}
	step = max(step, 1)
	if x > y {
		step = -step
	}
	return step
}

func letters(from, to byte, step int64) [][]braceItem {
	var words [][]braceItem
	step = stride(int64(from), int64(to), step)
	for c := int64(from); step > 0 && c <= int64(to) || step < 0 && c >= int64(to); c += step {
		it := braceItem{c: byte(c), escaped: c == '`'}
		if c == '\\' { // bash takes it for the quote of what follows, which is nothing
			it = braceItem{part: &syntax.SglQuoted{}}
		}
		words = append(words, []braceItem{it})
	}
	return words
}

// maxSequence bounds what one expression makes; bash gives up where its memory does.
const maxSequence = 1 << 28

func numbers(x, y, step int64, width int) [][]braceItem {
	step = stride(x, y, step)
	count := (uint64(max(x, y)) - uint64(min(x, y))) / uint64(max(step, -step))
	if count > maxSequence {
		return nil
	}
	words := make([][]braceItem, 0, count+1)
	items, lits := make([]braceItem, count+1), make([]syntax.Lit, count+1)
	for n := x; ; n += step {
		digits := strconv.FormatInt(n, 10)
		if pad := width - len(digits); pad > 0 {
			sign := ""
			if n < 0 {
				sign, digits = "-", digits[1:]
			}
			digits = sign + strings.Repeat("0", pad) + digits
		}
		i := len(words)
		lits[i].Value = digits
		items[i].part = &lits[i]
		words = append(words, items[i:i+1])
		if uint64(i) == count {
			return words
		}
	}
}
