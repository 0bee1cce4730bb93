package format

import (
	"errors"
	"testing"
	"time"
)

// host is a shell for tests, in UTF-8, at one moment.
type host struct {
	messages []string
	assigned string
}

func (h *host) UTF8() bool          { return true }
func (h *host) Complain(msg string) { h.messages = append(h.messages, msg) }
func (h *host) Clock() Clock {
	return Clock{Now: time.Unix(1e9, 0), Started: time.Unix(5, 0), Zone: time.UTC}
}

func (h *host) Assign(name, value string) error {
	if name == "1x" {
		return errors.New("`1x': not a valid identifier")
	}
	h.assigned = name + "=" + value
	return nil
}

func TestPrintf(t *testing.T) {
	tests := []struct {
		format string
		args   []string
		want   string
		status int
	}{
		{"plain", nil, "plain", 0},
		{"%s-%s|", []string{"a", "b", "c"}, "a-b|c-|", 0},
		{"%d%%", []string{"12abc"}, "12%", 1},
		{"%d", []string{"9223372036854775808"}, "9223372036854775807", 0},
		{"%u", []string{"-1"}, "18446744073709551615", 0},
		{"%#x %#o %+d", []string{"255", "8", "1"}, "0xff 010 +1", 0},
		{"%-6.3d|%06d", []string{"5", "-5"}, "005   |-00005", 0},
		{"%*.*f", []string{"8", "2", "3.14159"}, "    3.14", 0},
		{"%d", []string{"'é"}, "233", 0},
		{"%b|", []string{`a\tb`, `c\cd`, "e"}, "a\tb|c", 0},
		{"%.25f", []string{"0.1"}, "0.1000000000000000000013553", 0},
		{"%a %g", []string{"1", "1e300"}, "0x8p-3 1e+300", 0},
		{"%c", nil, "\x00", 0},
		{"%y", []string{"1"}, "", 1},
		{"%(%F %T)T %(%s)T", []string{"-1", "-2"}, "2001-09-09 01:46:40 5", 0},
		{"%10(%Y)T|", []string{"0"}, "      1970|", 0},
		{"abc%n", []string{"v"}, "abc", 0},
		{"%n", []string{"1x"}, "", 1},
		{"%q", []string{"a b"}, `a\ b`, 0},
		{"\\x41\\u00e9\\", nil, "Aé\\", 0},
	}
	for _, test := range tests {
		h := new(host)
		got, status := Printf([]byte("already|"), test.format, test.args, h)
		if string(got) != "already|"+test.want || status != test.status {
			t.Errorf("printf %q %q = %q, status %d; want %q, %d", test.format, test.args, got, status, test.want, test.status)
		}
		if test.format == "abc%n" && h.assigned != "v=3" {
			t.Errorf("%%n assigned %q", h.assigned)
		}
	}
}

func FuzzPrintf(f *testing.F) {
	f.Add("%s %5.2f %-#x %(%Y)T \\x41", "a", "0x1.8p3")
	f.Fuzz(func(t *testing.T, format, a, b string) {
		if len(format) > 40 {
			return
		}
		for i := 0; i+4 < len(format); i++ { // widths of millions take memory and show nothing
			if format[i] >= '0' && format[i] <= '9' && format[i+4] >= '0' && format[i+4] <= '9' {
				return
			}
		}
		if len(a) > 3 || len(b) > 3 {
			for i := range format {
				if format[i] == '*' {
					return
				}
			}
		}
		Printf(nil, format, []string{a, b}, new(host))
	})
}

func BenchmarkPrintf(b *testing.B) {
	h := new(host)
	var out []byte
	for b.Loop() {
		out, _ = Printf(out[:0], "%s %d %.2f\n", []string{"word", "42", "3.14159"}, h)
	}
}
