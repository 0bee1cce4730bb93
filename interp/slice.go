package interp

import (
	"mvdan.cc/sh/v3/syntax"
)

// slice is ${x:offset:length}: characters of a string, or elements of a list.
func (sh *Shell) slice(val *paramValue, sl *syntax.Slice) error {
	offset, err := sh.sliceNumber(sl.Offset)
	if err != nil {
		return err
	}
	length := int64(-1)
	if sl.Length != nil {
		if length, err = sh.sliceNumber(sl.Length); err != nil {
			return err
		}
	}
	switch {
	case val.isList && !val.positional && val.v != nil && !val.v.isArray(): // a scalar under [@] is a string
		val.text, val.set = val.v.value(sh)
		val.isList = false
	case val.isList:
		if sl.Length != nil && length < 0 {
			return expansionErrorf("%s: substring expression < 0", arithSource(sl.Length))
		}
		val.list = sh.sliceList(val, offset, length)
		return nil
	case !val.set:
		return nil
	}
	n := int64(sh.textLen(val.text))
	if offset < 0 {
		offset += n
	}
	if offset < 0 || offset > n {
		val.text = ""
		return nil
	}
	end := n
	if sl.Length != nil {
		if length < 0 {
			if end = n + length; end < offset {
				return expansionErrorf("%s: substring expression < 0", arithSource(sl.Length))
			}
		} else if length < n-offset {
			end = offset + length
		}
	}
	from := sh.offset(val.text, int(offset))
	val.text = val.text[from : from+sh.offset(val.text[from:], int(end-offset))]
	return nil
}

func (sh *Shell) sliceNumber(x syntax.ArithmExpr) (int64, error) {
	if x == nil {
		return 0, nil
	}
	return sh.arithValue(x)
}

// sliceList gives the elements from offset, which is a subscript, on; length of them, or all when it is
// negative.
func (sh *Shell) sliceList(val *paramValue, offset, length int64) []string {
	list, from := val.list, int64(0)
	switch {
	case val.positional:
		if offset < 0 {
			if offset += int64(len(list)) + 1; offset < 0 {
				return nil
			}
		}
		if from = offset - 1; offset == 0 { // $0 stands before $1
			list, from = append([]string{sh.name}, list...), 0
		}
	case val.v.is(AssocVar):
		if offset < 0 {
			if offset += int64(len(list)) + 1; offset < 0 {
				return nil
			}
		}
		// Elements count from 1, and 0 means the first one too.
		from = max(offset-1, 0)
	default:
		if offset < 0 {
			if offset += val.v.maxIndex(sh) + 1; offset < 0 {
				return nil
			}
		}
		from = offset
		if val.v != nil && val.v.list != nil {
			if offset > int64(val.v.list.Max()) {
				return nil
			}
			at, _ := val.v.list.find(int(offset))
			from = int64(at)
		}
	}
	if from >= int64(len(list)) {
		return nil
	}
	list = list[from:]
	if length == 0 && val.v.is(AssocVar) {
		length = 1 // as bash 5.2 has it
	}
	if length >= 0 && length < int64(len(list)) {
		list = list[:length]
	}
	return list
}
