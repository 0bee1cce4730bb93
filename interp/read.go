package interp

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// readCall is one call of read.
type readCall struct {
	sh      *Shell
	names   []string
	array   string // -a
	delim   byte
	raw     bool // a backslash is a character like others
	exact   bool // -N: the delimiter counts for nothing, and nothing is split
	limit   int  // characters, -1 for no limit
	timeout time.Duration
	timed   bool
	silent  bool
	prompt  string
	fd      int
}

// statusTimeout is read's when its time is up: 128 and the number of SIGALRM.
const statusTimeout = 128 + int(unix.SIGALRM)

// runRead is read.
func runRead(sh *Shell, args []string) int {
	c := readCall{sh: sh, delim: '\n', limit: -1}
	if status := c.options(args); status != 0 {
		return status
	}
	for _, name := range c.names[:min(1, len(c.names))] {
		if !assignable(name) {
			sh.Errorf("read: `%s': not a valid identifier", name)
			return 1
		}
	}
	if c.timed && c.timeout == 0 {
		return c.ask()
	}
	in, err := sh.openInput(c.fd, false)
	if err != nil {
		sh.Errorf("read: %d: invalid file descriptor: %s", c.fd, sysMessage(err))
		return 1
	}
	defer in.release()
	if c.limit == 0 {
		return c.assign(readText{}, 0)
	}
	in.peeks, in.delim = !in.blocks && c.limit < 0, c.delim
	c.setDeadline(in)
	if restore := c.setTerminal(in.fd); restore != nil {
		defer restore()
	}
	text, status := c.read(in)
	if sh.flow != flowNone {
		return sh.status
	}
	return c.assign(text, status)
}

// options reads the command line.
func (c *readCall) options(args []string) int {
	sh := c.sh
	o := readOptions(args, "ersa:d:i:n:N:p:t:u:")
	for o.next() {
		bad := ""
		switch o.letter {
		case 'r':
			c.raw = true
		case 's':
			c.silent = true
		case 'a':
			c.array = o.arg
		case 'd':
			c.delim = 0
			if o.arg != "" {
				c.delim = o.arg[0]
			}
		case 'n', 'N':
			n, err := strconv.ParseInt(strings.TrimSpace(o.arg), 10, 32)
			if err != nil || n < 0 {
				bad = "invalid number"
			}
			c.limit, c.exact = int(n), c.exact || o.letter == 'N'
		case 'p':
			c.prompt = o.arg
		case 't':
			d, ok := parseTimeout(o.arg)
			if !ok {
				bad = "invalid timeout specification"
			}
			c.timeout, c.timed = d, true
		case 'u':
			n, err := strconv.ParseInt(strings.TrimSpace(o.arg), 10, 32)
			if err != nil || n < 0 {
				bad = "invalid file descriptor specification"
			} else if sh.fds.get(int(n)) == nil {
				sh.Errorf("read: %d: invalid file descriptor: Bad file descriptor", n)
				return 1
			}
			c.fd = int(n)
		}
		if bad != "" {
			sh.Errorf("read: %s: %s", o.arg, bad)
			return 1
		}
	}
	if o.failed(sh) {
		return 2
	}
	c.names = o.rest
	return 0
}

// parseTimeout reads seconds, with a fraction of up to six digits that count. Nothing is 0.
func parseTimeout(s string) (time.Duration, bool) {
	whole, part, _ := strings.Cut(s, ".")
	if strings.Trim(whole+part, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt("0"+whole, 10, 32)
	if err != nil {
		return 0, false
	}
	us, err := strconv.Atoi((part + "000000")[:6])
	return time.Duration(n)*time.Second + time.Duration(us)*time.Microsecond, err == nil
}

// ask is read -t 0: it says whether there is something to read.
func (c *readCall) ask() int {
	fd, err := c.sh.Desc(c.fd)
	if err != nil {
		return 1
	}
	ready, _, err := pollInput(fd, -1, 0)
	return boolStatus(ready && err == nil)
}

// setDeadline starts the clock: that of -t, or of TMOUT. A file has everything already.
func (c *readCall) setDeadline(in *input) {
	if !c.timed {
		text, _ := c.sh.getVar("TMOUT")
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			c.timeout, c.timed = time.Duration(n)*time.Second, true
		}
	}
	if c.timed && !(in.seekable && isRegular(in.fd)) {
		in.deadline = time.Now().Add(c.timeout)
	}
}

// isRegular reports whether a descriptor is a file's: devices without an end can be sought in too.
func isRegular(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG
}

// readText is what was read, without the backslashes that quote.
type readText struct {
	b []byte
	// quoted has the places in b of characters that stood behind a backslash, ascending.
	quoted []int
}

// read takes one line, or what else the options call for. The text counts even if the status is not 0.
func (c *readCall) read(in *input) (text readText, status int) {
	wide := c.limit > 0 && c.sh.utf8Locale()
	if c.plainLine(in, &text) {
		return text, 0
	}
	escaped := false
	for count := 0; count != c.limit; {
		b, err := in.readByte()
		if err != nil {
			return text, c.ended(err)
		}
		switch {
		case b == 0 && (c.delim != 0 || c.exact):
			continue
		case escaped:
			escaped = false
			if b == '\n' {
				continue
			}
			text.quoted = append(text.quoted, len(text.b))
		case b == '\\' && !c.raw:
			escaped = true
			continue
		case b == c.delim && !c.exact:
			return text, 0
		}
		text.b = append(text.b, b)
		if wide && b >= utf8.RuneSelf {
			if err := c.restOfChar(in, &text); err != nil {
				return text, c.ended(err)
			}
		}
		count++
	}
	return text, 0
}

// plainLine takes a whole line out of the buffer where nothing in it needs a look: the common case.
func (c *readCall) plainLine(in *input, text *readText) bool {
	if !in.seekable && !in.peeks || c.limit >= 0 || c.exact || c.delim == 0 || in.fill() != nil {
		return false
	}
	for i, b := range in.buf[in.r:in.w] {
		switch {
		case b == c.delim && (c.raw || b != '\\'):
			text.b = append(text.b, in.buf[in.r:in.r+i]...)
			in.r += i + 1
			return true
		case b == 0, b == '\\' && !c.raw:
			return false
		}
	}
	return false
}

// restOfChar reads the bytes that complete the character at the end of text.
func (c *readCall) restOfChar(in *input, text *readText) error {
	start := len(text.b) - 1
	for !utf8.FullRune(text.b[start:]) {
		b, err := in.readByte()
		if err != nil {
			return err
		}
		text.b = append(text.b, b)
	}
	return nil
}

// ended gives the status for what ended the input before a delimiter.
func (c *readCall) ended(err error) int {
	switch {
	case errors.Is(err, io.EOF):
		return 1
	case errors.Is(err, errTimeout):
		return statusTimeout
	case errors.Is(err, errInterrupted):
		return 128 + int(c.sh.interrupting())
	}
	c.sh.Errorf("read: read error: %d: %s", c.fd, sysMessage(err))
	return 1
}
