package interp

// assign gives the variables what was read and returns status, or 1 when that was not possible.
func (c *readCall) assign(text readText, status int) int {
	sh := c.sh
	switch {
	case c.array != "":
		return c.assignArray(text, status)
	case len(c.names) == 0:
		if err := sh.setVar("REPLY", string(text.b)); err != nil {
			return sh.refuse(err)
		}
		return status
	}
	fields := fieldReader{text: text, ifs: sh.ifs()}
	if !c.exact {
		fields.skipBlanks()
	}
	for i, name := range c.names {
		value := ""
		switch {
		case c.exact && i == 0:
			value = string(text.b)
		case c.exact:
		case i < len(c.names)-1:
			value, _ = fields.next()
		default:
			value = fields.rest()
		}
		if i > 0 && !assignable(name) {
			sh.Errorf("read: `%s': not a valid identifier", name)
			return 1
		}
		if err := sh.setRef(name, value, false); err != nil {
			return sh.refuse(err)
		}
	}
	return status
}

// assignArray makes an array of the fields. What is named besides it is left alone.
func (c *readCall) assignArray(text readText, status int) int {
	sh := c.sh
	if !validName(c.array) {
		sh.Errorf("read: `%s': not a valid identifier", c.array)
		return 1
	}
	values := []string{}
	if c.exact {
		values = append(values, string(text.b))
	} else {
		fields := fieldReader{text: text, ifs: sh.ifs()}
		for {
			field, ok := fields.next()
			if !ok {
				break
			}
			values = append(values, field)
		}
	}
	if err := sh.setList(c.array, values); err != nil {
		return sh.refuse(err)
	}
	return status
}

// fieldReader takes fields off a line, by IFS. Quoted characters separate nothing.
type fieldReader struct {
	text readText
	ifs  *ifsTable
	at   int
	mark int // the first of text.quoted that is not before at
}

// isQuoted reports whether the character at place i, which never goes back, was quoted.
func (f *fieldReader) isQuoted(i int) bool {
	for f.mark < len(f.text.quoted) && f.text.quoted[f.mark] < i {
		f.mark++
	}
	return f.mark < len(f.text.quoted) && f.text.quoted[f.mark] == i
}

// blankAt reports whether a blank, tab or newline that is in IFS stands at i.
func (f *fieldReader) blankAt(i int) bool {
	return i < len(f.text.b) && f.ifs.class[f.text.b[i]]&ifsSpace != 0 && !f.isQuoted(i)
}

// separatorAt gives the length of the separator at i that is no blank, 0 for none.
func (f *fieldReader) separatorAt(i int) int {
	if i >= len(f.text.b) {
		return 0
	}
	class := f.ifs.class[f.text.b[i]]
	switch {
	case class&(ifsOther|wideIFS) == 0 || f.isQuoted(i):
		return 0
	case class&wideIFS != 0:
		return f.ifs.wideLen(string(f.text.b[i:]))
	}
	return 1
}

func (f *fieldReader) skipBlanks() {
	for f.blankAt(f.at) {
		f.at++
	}
}

// next takes one field and the separator behind it: a character of IFS with the blanks around it, or blanks
// alone. ok is false at the end.
func (f *fieldReader) next() (field string, ok bool) {
	f.skipBlanks()
	start := f.at
	if start == len(f.text.b) {
		return "", false
	}
	for f.at < len(f.text.b) && !f.blankAt(f.at) && f.separatorAt(f.at) == 0 {
		f.at++
	}
	field = string(f.text.b[start:f.at])
	f.skipBlanks()
	if n := f.separatorAt(f.at); n > 0 {
		f.at += n
		f.skipBlanks()
	}
	return field, true
}

// rest is what the last variable gets: all that is left, without the blanks at its end; and if that is one
// field, without the separator behind it.
func (f *fieldReader) rest() string {
	start, mark := f.at, f.mark
	field, _ := f.next()
	if f.at == len(f.text.b) {
		return field
	}
	f.at, f.mark = start, mark
	end := len(f.text.b)
	for end > start+1 && f.ifs.class[f.text.b[end-1]]&ifsSpace != 0 {
		end--
	}
	return string(f.text.b[start:end])
}
