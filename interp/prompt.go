package interp

import (
	"os"
	"strconv"
	"strings"
	"time"

	"sshell/interp/format"
	"sshell/interp/quote"
)

// promptText expands a prompt, as PS1, PS4 and ${x@P} are: the escapes of prompts, and then what is expanded
// in double quotes.
func (sh *Shell) promptText(s string) (string, error) {
	s = sh.promptEscapes(s)
	if !sh.opts.promptvars || !strings.ContainsAny(s, "$`\\") {
		return s, nil
	}
	w, err := rawDocument(string(encodeSource([]byte(s))))
	if err != nil {
		return s, nil
	}
	sk := sh.sink(toText)
	defer sk.release()
	if err := sk.parts(w.Parts, inDouble); err != nil {
		return "", err
	}
	return sk.text(), nil
}

// promptEscapes replaces the backslash escapes of a prompt.
func (sh *Shell) promptEscapes(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c >= '0' && c <= '7' && i+2 < len(s) && octalDigits(s[i:i+3]):
			b.WriteByte((c-'0')<<6 | (s[i+1]-'0')<<3 | (s[i+2] - '0'))
			i += 2
		case c == 'D' && i+1 < len(s) && s[i+1] == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				end = len(s) - i
			}
			b.WriteString(sh.promptTime(s[i+2 : i+end]))
			i += end
		default:
			b.WriteString(sh.promptEscape(c))
		}
	}
	return b.String()
}

func octalDigits(s string) bool { return strings.Trim(s, "01234567") == "" }

// promptEscape gives what a backslash and c stand for.
func (sh *Shell) promptEscape(c byte) string {
	switch c {
	case 'a':
		return "\a"
	case 'e':
		return "\x1b"
	case 'n':
		return "\n"
	case 'r':
		return "\r"
	case '\\':
		return `\\` // the expansion that follows removes one
	case '[', ']':
		return ""
	case 'd':
		return sh.now().Format("Mon Jan 02")
	case 't':
		return sh.now().Format("15:04:05")
	case 'T':
		return sh.now().Format("03:04:05")
	case '@':
		return sh.now().Format("03:04 PM")
	case 'A':
		return sh.now().Format("15:04")
	case '$':
		if os.Geteuid() == 0 {
			return "#"
		}
		return `\$`
	case '!', '#':
		return "1"
	case 'j':
		return strconv.Itoa(sh.jobs.count())
	case 's':
		return sh.name[strings.LastIndexByte(sh.name, '/')+1:]
	case 'v':
		return "5.2"
	case 'V':
		return "5.2.15"
	case 'w', 'W':
		return quotePrompt(sh.promptDir(c == 'W'))
	case 'u', 'h', 'H', 'l':
		return quotePrompt(sh.promptName(c))
	}
	return `\` + string(c)
}

// quotePrompt keeps the expansion that follows from seeing anything in a name.
func quotePrompt(s string) string {
	quoted := quote.Double(s)
	return quoted[1 : len(quoted)-1]
}

// promptDir is the working folder, the home in it shortened; or the last part of it alone.
func (sh *Shell) promptDir(short bool) string {
	dir, _ := sh.getVar("PWD")
	home, _ := sh.getVar("HOME")
	if dir == home && home != "" {
		return "~"
	}
	if short {
		if dir == "/" {
			return dir
		}
		return dir[strings.LastIndexByte(dir, '/')+1:]
	}
	if rest, ok := strings.CutPrefix(dir, home); ok && home != "" && home != "/" && strings.HasPrefix(rest, "/") {
		return "~" + rest
	}
	return dir
}

// promptName gives the names of the user, the host and the terminal.
func (sh *Shell) promptName(c byte) string {
	switch c {
	case 'u':
		name, ok := userName()
		if !ok {
			return "I have no name!"
		}
		return name
	case 'l':
		return "tty"
	}
	host, err := os.Hostname()
	if err != nil {
		return ""
	}
	if c == 'h' {
		host, _, _ = strings.Cut(host, ".")
	}
	return host
}

// now is the time in the local zone.
func (sh *Shell) now() time.Time { return time.Now().In(sh.zone()) }

// promptTime formats the time as \D{layout} asks for; without a layout, as the C locale does.
func (sh *Shell) promptTime(layout string) string {
	if layout == "" {
		layout = "%X"
	}
	return string(format.Strftime(nil, layout, sh.now()))
}
