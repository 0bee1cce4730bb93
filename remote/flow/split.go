package flow

import (
	"math"
	"strconv"

	"sshell/remote/chunk"
)

// splitOptions are the words of split.
type splitOptions struct {
	format  formatOptions
	size    sizeOption
	sources []string
}

// sizeOption says how large chunks are.
type sizeOption struct {
	given string // the option, empty for the default
	spec  chunk.Spec
}

// formatOptions say what a record is.
type formatOptions struct {
	given  string // the option, empty for the default
	format chunk.Format
}

func (f *formatOptions) options() []option {
	one := func(name, prefix string) option {
		return option{[]string{name}, required, func(v string) error {
			if f.given != "" && f.given != name {
				return usage("give either --%s or --%s", f.given, name)
			}
			f.given = name
			return setParsed(&f.format, chunk.ParseFormat)(prefix + v)
		}}
	}
	return []option{one("format", ""), one("record", "record:"), one("recstart", "recstart:"), one("recend", "recend:")}
}

func (s *sizeOption) options() []option {
	one := func(letters string, by chunk.By, parse func(string) (int64, error)) option {
		return option{names(letters), required, func(v string) error {
			if s.given != "" {
				return usage("give one of -b, -C, -n, -l and -r")
			}
			s.given, s.spec.By = names(letters)[0], by
			return setParsed(&s.spec.N, parse)(v)
		}}
	}
	return []option{
		one("b bytes", chunk.BySize, chunk.ParseSize),
		one("C line-bytes", chunk.BySize, chunk.ParseSize),
		one("n number", chunk.ByCount, parsePositive),
		one("l lines", chunk.ByLines, parsePositive),
		one("r records", chunk.ByRecords, parsePositive),
	}
}

// parsePositive reads a number from 1 on, with the units of sizes.
func parsePositive(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 && n < math.MaxInt64 {
		return n, nil
	}
	return chunk.ParseSize(s)
}

// parseSplit reads the words behind split. Sources and options may be mixed, as coreutils' split has it.
func parseSplit(words []string) (*splitOptions, error) {
	o := &splitOptions{}
	table := append(o.format.options(), o.size.options()...)
	for len(words) > 0 {
		w := words[0]
		if w == "--" {
			o.sources = append(o.sources, words[1:]...)
			break
		}
		if len(w) < 2 || w[0] != '-' {
			o.sources = append(o.sources, w)
			words = words[1:]
			continue
		}
		rest, err := parseOption(words, table)
		if err != nil {
			return nil, err
		}
		words = rest
	}
	return o, nil
}
