package interp

import "sshell/interp/quote"

// runEcho is echo. Its words may begin with clusters of n, e and E, which are options; any other word ends them.
func runEcho(sh *Shell, args []string) int {
	words := args[1:]
	newline, escapes := true, sh.opts.xpgEcho
	if !(sh.opts.posix && sh.opts.xpgEcho) {
		for len(words) > 0 && echoOptions(words[0]) {
			for _, c := range []byte(words[0][1:]) {
				switch c {
				case 'n':
					newline = false
				case 'e':
					escapes = true
				case 'E':
					escapes = false
				}
			}
			words = words[1:]
		}
	}
	var room [512]byte
	b, stop := room[:0], false
	for i, word := range words {
		if i > 0 {
			b = append(b, ' ')
		}
		if !escapes {
			b = append(b, word...)
		} else if b, stop = quote.Echo(b, word, sh.utf8Locale()); stop {
			newline = false
			break
		}
	}
	if newline {
		b = append(b, '\n')
	}
	return boolStatus(sh.Out("echo", b))
}

func echoOptions(word string) bool {
	if len(word) < 2 || word[0] != '-' {
		return false
	}
	for i := 1; i < len(word); i++ {
		if c := word[i]; c != 'n' && c != 'e' && c != 'E' {
			return false
		}
	}
	return true
}
