package interp

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

// cpuTimes are user and system time of the shell and its children that were waited for.
type cpuTimes struct{ user, system time.Duration }

func usedTimes() cpuTimes {
	var self, children unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &self)
	unix.Getrusage(unix.RUSAGE_CHILDREN, &children)
	return cpuTimes{
		time.Duration(self.Utime.Nano() + children.Utime.Nano()),
		time.Duration(self.Stime.Nano() + children.Stime.Nano()),
	}
}

// timeClause is the reserved word time.
func (sh *Shell) timeClause(c *syntax.TimeClause) {
	begin, before := time.Now(), usedTimes()
	if c.Stmt != nil {
		sh.stmt(c.Stmt)
	} else {
		sh.status = 0
	}
	wall, after := time.Since(begin), usedTimes()
	format, set := sh.getVar("TIMEFORMAT")
	switch {
	case c.PosixFormat:
		format = "real %2R\nuser %2U\nsys %2S"
	case !set:
		format = "\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS"
	case format == "":
		return
	}
	line := sh.timeText(format, wall, after.user-before.user, after.system-before.system)
	if d := sh.fds.get(2); d != nil {
		d.write([]byte(line + "\n"))
	}
}

// timeText fills in TIMEFORMAT.
func (sh *Shell) timeText(format string, wall, user, system time.Duration) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		if format[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if format[i] == 'P' {
			share := 0.0
			if wall > 0 {
				share = 100 * float64(user+system) / float64(wall)
			}
			fmt.Fprintf(&b, "%.2f", share)
			continue
		}
		digits, long := 3, false
		if c := format[i]; c >= '0' && c <= '9' {
			digits = min(int(c-'0'), 3)
			i++
		}
		if i < len(format) && format[i] == 'l' {
			long = true
			i++
		}
		if i == len(format) {
			break
		}
		switch format[i] {
		case 'R':
			b.WriteString(clockText(wall, digits, long))
		case 'U':
			b.WriteString(clockText(user, digits, long))
		case 'S':
			b.WriteString(clockText(system, digits, long))
		default:
			sh.Errorf("TIMEFORMAT: `%c': invalid format character", format[i])
			return ""
		}
	}
	return b.String()
}

// clockText is seconds with digits decimals, or with minutes in front. Like bash it cuts, and does not round.
func clockText(d time.Duration, digits int, long bool) string {
	ms := d.Milliseconds()
	seconds, part := ms/1000, ms%1000
	fraction := ""
	if digits > 0 {
		fraction = "." + fmt.Sprintf("%03d", part)[:digits]
	}
	if long {
		return fmt.Sprintf("%dm%d%ss", seconds/60, seconds%60, fraction)
	}
	return fmt.Sprintf("%d%s", seconds, fraction)
}
