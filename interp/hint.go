package interp

import "strings"

// beginsCommand are words, and ends of words, after which a command begins.
var beginsCommand = []string{"|", "&", ";", "(", "{", "!", "do", "then", "else"}

// compoundHint says how a compound command is written behind a word of ours, if the last line of text, which could not be
// parsed, has such a word: `on lambda { …; }` looks as if it could be written.
func (sh *Shell) compoundHint(text string) {
	text = strings.TrimSpace(text)
	words := strings.Fields(text[strings.LastIndexByte(text, '\n')+1:])
	for i, word := range words {
		if word != "on" && word != "parmap" && word != "reduce" || sh.cfg.Planner == nil || sh.funcs[word] != nil {
			continue
		}
		if _, err := sh.findProgram(word); err == nil || i > 0 && !endsWithOne(words[i-1], beginsCommand) {
			continue
		}
		for _, w := range words[i+1:] {
			switch strings.TrimRight(w, ";") {
			case "{", "for", "while", "until", "if", "case", "[[", "((", "select":
			default:
				if !strings.HasPrefix(w, "(") {
					continue
				}
			}
			sh.Errorf("%s: a compound command is one quoted word, or a function: %s … '%s …'", word, word, w)
			return
		}
	}
}

func endsWithOne(word string, ends []string) bool {
	for _, end := range ends {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}
