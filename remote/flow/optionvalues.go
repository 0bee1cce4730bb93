package flow

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"sync"
)

// parseRetries reads GNU parallel's --retries: how often a task is tried in all, 0 for no end.
func parseRetries(s string) (int, error) {
	n := 0
	if err := setCount(&n, 0)(s); err != nil {
		return 0, err
	}
	if n == 0 {
		return -1, nil
	}
	return n, nil
}

// The escapes that -d knows, by the letter behind the backslash, and what they stand for.
const (
	delimiterLetters = `ntr0\fvab`
	delimiterBytes   = "\n\t\r\x00\\\f\v\a\b"
)

func parseDelimiter(s string) (byte, error) {
	if len(s) == 1 {
		return s[0], nil
	}
	if len(s) == 2 && s[0] == '\\' {
		if i := strings.IndexByte(delimiterLetters, s[1]); i >= 0 {
			return delimiterBytes[i], nil
		}
	}
	for prefix, base := range map[string]int{`\x`: 16, `\`: 8} {
		if digits, ok := strings.CutPrefix(s, prefix); ok {
			if n, err := strconv.ParseUint(digits, base, 8); err == nil {
				return byte(n), nil
			}
		}
	}
	return 0, fmt.Errorf("%s: not one byte", quote(s))
}

func parseColsep(s string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, fmt.Errorf("%s: bad regular expression: %s", quote(s), regexpFault(err))
	}
	return re, nil
}

func parseTrim(s string) (string, error) {
	switch s {
	case "n", "l", "r", "lr", "rl":
		return s, nil
	}
	return "", fmt.Errorf("%s: not one of n, l, r, lr and rl", quote(s))
}

func parseResults(s string) (string, error) {
	for _, ext := range []string{".csv", ".tsv", ".json"} {
		if strings.HasSuffix(strings.ToLower(s), ext) {
			return "", fmt.Errorf("%s: results are files in a folder; a name may not end in %s", quote(s), ext)
		}
	}
	if s == "" {
		return "", errors.New("a folder's name is missing")
	}
	return s, nil
}

var variableName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

func parseName(s string) (string, error) {
	if !variableName().MatchString(s) {
		return "", fmt.Errorf("%s: not a variable's name", quote(s))
	}
	return s, nil
}

// regexpFault says what is wrong with a regular expression, without the words that precede it.
func regexpFault(err error) string {
	var fault *syntax.Error
	if errors.As(err, &fault) {
		return fmt.Sprintf("%s: %s", fault.Code, fault.Expr)
	}
	return err.Error()
}
