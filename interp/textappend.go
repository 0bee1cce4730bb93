package interp

import "strings"

// tail is a variable's text with room behind it, so that x+=y takes time in proportion to y. What the variable
// was before stays as it is: only bytes behind it are written.
type tail struct {
	of   *Var // a copy of the variable must not write into the same room
	text strings.Builder
}

// minTail is the length from which a text that grows gets room to grow, in bytes; below it a copy is as quick.
const minTail = 256

// appendText appends to the text of v, which is no array and not computed.
func (v *Var) appendText(sh *Shell, more string) {
	old, _ := v.value(sh)
	if len(old)+len(more) < minTail {
		v.setText(old + more)
		return
	}
	t := v.tail
	if t == nil || t.of != v || t.text.Len() != len(old) || t.text.String() != old {
		t = &tail{of: v}
		t.text.Grow(2 * (len(old) + len(more)))
		t.text.WriteString(old)
		v.tail = t
	}
	t.text.WriteString(more)
	v.setText(t.text.String())
}
