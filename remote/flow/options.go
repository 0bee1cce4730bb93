package flow

import (
	"fmt"
	"strconv"
	"strings"
)

// option is one option of a word. Names of one letter are short, the others long.
type option struct {
	names []string
	kind  optionKind
	set   func(value string) error
}

// optionKind says whether an option has an argument.
type optionKind uint8

const (
	flag     optionKind = iota
	required            // in the same word or the next
	optional            // in the same word only, after =
)

// usageError is a fault in what the user wrote.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// parseOptions reads options as GNU's getopt_long does, up to the first word that is none or to --, and returns the
// words that follow. Long options may be shortened as far as that is unambiguous.
func parseOptions(words []string, options []option) ([]string, error) {
	for len(words) > 0 {
		w := words[0]
		if w == "--" {
			return words[1:], nil
		}
		if len(w) < 2 || w[0] != '-' {
			break
		}
		var err error
		if words, err = parseOption(words, options); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// parseOption reads one word of options, with an argument in the next one where it needs that.
func parseOption(words []string, options []option) ([]string, error) {
	w, rest := words[0], words[1:]
	if text, ok := strings.CutPrefix(w, "--"); ok {
		err := parseLong(text, &rest, options)
		return rest, err
	}
	err := parseShort(w[1:], &rest, options)
	return rest, err
}

func parseLong(text string, rest *[]string, options []option) error {
	name, value, given := strings.Cut(text, "=")
	o, err := findLong(name, options)
	if err != nil {
		return err
	}
	switch {
	case o.kind == flag && given:
		return usage("--%s takes no argument", name)
	case o.kind == required && !given:
		if len(*rest) == 0 {
			return usage("--%s needs an argument", name)
		}
		value, *rest = (*rest)[0], (*rest)[1:]
	}
	if err := o.set(value); err != nil {
		return usage("--%s: %w", name, err)
	}
	return nil
}

func findLong(name string, options []option) (option, error) {
	var found []option
	for _, o := range options {
		for _, n := range o.names {
			switch {
			case len(n) == 1:
			case n == name:
				return o, nil
			case strings.HasPrefix(n, name) && name != "":
				found = append(found, o)
			}
		}
	}
	switch len(found) {
	case 0:
		return option{}, usage("--%s: unknown option", name)
	case 1:
		return found[0], nil
	}
	return option{}, usage("--%s: ambiguous option", name)
}

// parseShort reads a word of short options, of which the last may have an argument.
func parseShort(letters string, rest *[]string, options []option) error {
	for len(letters) > 0 {
		name := letters[:1]
		letters = letters[1:]
		o, ok := findShort(name, options)
		if !ok {
			return usage("-%s: unknown option", name)
		}
		value := ""
		if o.kind == required {
			value, letters = letters, ""
			if value == "" {
				if len(*rest) == 0 {
					return usage("-%s needs an argument", name)
				}
				value, *rest = (*rest)[0], (*rest)[1:]
			}
		}
		if err := o.set(value); err != nil {
			return usage("-%s: %w", name, err)
		}
	}
	return nil
}

func findShort(name string, options []option) (option, bool) {
	for _, o := range options {
		for _, n := range o.names {
			if n == name {
				return o, true
			}
		}
	}
	return option{}, false
}

// The setters of options.

func setBool(to *bool) func(string) error {
	return func(string) error {
		*to = true
		return nil
	}
}

func setString(to *string) func(string) error {
	return func(v string) error {
		*to = v
		return nil
	}
}

func addString(to *[]string) func(string) error {
	return func(v string) error {
		*to = append(*to, v)
		return nil
	}
}

// setCount takes a number from least on.
func setCount(to *int, least int) func(string) error {
	return func(v string) error {
		n, err := strconv.Atoi(v)
		switch {
		case err != nil:
			return fmt.Errorf("%s: not a number", quote(v))
		case n < least:
			return fmt.Errorf("%d: must be at least %d", n, least)
		}
		*to = n
		return nil
	}
}

// setParsed takes what parse reads.
func setParsed[T any](to *T, parse func(string) (T, error)) func(string) error {
	return func(v string) error {
		parsed, err := parse(v)
		if err == nil {
			*to = parsed
		}
		return err
	}
}

// names splits names at spaces, for tables of options.
func names(s string) []string { return strings.Fields(s) }
