package settings

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// fields are a record's, in their order in the file.
func (d *Deployed) fields() []field {
	return []field{
		{"endpoint", &d.Endpoint}, {"region", &d.Region}, {"profile", &d.Profile}, {"account", &d.Account},
		{"bucket", &d.Bucket}, {"function", &d.Function}, {"arch", &d.Arch}, {"role_arn", &d.RoleARN}, {"build", &d.Build},
		{"timeout", &d.Timeout}, {"memory", &d.Memory}, {"storage", &d.Storage},
	}
}

type field struct {
	name string
	to   any // *string, *int or *time.Duration
}

// set gives a field the value that a file has.
func (f field) set(text string) error {
	switch to := f.to.(type) {
	case *string:
		*to = text
	case *int:
		return number(to, value{text: text})
	case *time.Duration:
		return seconds(to, value{text: text})
	}
	return nil
}

// line is a field as it is written, empty for a zero value.
func (f field) line() string {
	switch from := f.to.(type) {
	case *string:
		if *from != "" {
			return f.name + " = " + quote(*from) + "\n"
		}
	case *int:
		if *from != 0 {
			return f.name + " = " + strconv.Itoa(*from) + "\n"
		}
	case *time.Duration:
		if *from != 0 {
			return f.name + " = " + strconv.Itoa(int(*from/time.Second)) + "\n"
		}
	}
	return ""
}

// quote writes a basic string of TOML.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
