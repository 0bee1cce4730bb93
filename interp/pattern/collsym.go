package pattern

import "strings"

// Names of the characters of the POSIX portable character set, by their code,
// where they are not the character itself: XBD 6.1. A comma parts synonyms.
const (
	namesBelow20 = "NUL SOH STX ETX EOT ENQ ACK alert,BEL backspace,BS tab,HT newline,LF vertical-tab,VT " +
		"form-feed,FF carriage-return,CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC IS4,FS IS3,GS IS2,RS IS1,US"
	namesFrom20 = "space exclamation-mark quotation-mark number-sign dollar-sign percent-sign ampersand " +
		"apostrophe left-parenthesis right-parenthesis asterisk plus-sign comma hyphen,hyphen-minus,minus,dash " +
		"period,full-stop slash,solidus zero one two three four five six seven eight nine " +
		"colon semicolon less-than-sign equals-sign greater-than-sign question-mark commercial-at"
	namesFrom5B = "left-square-bracket backslash,reverse-solidus right-square-bracket circumflex,circumflex-accent " +
		"underscore grave-accent"
	namesFrom7B = "left-brace,left-curly-bracket vertical-line right-brace,right-curly-bracket tilde DEL"
)

// collatingSymbol returns the character that [.name.] stands for.
func collatingSymbol(name []rune) (rune, bool) {
	if len(name) == 1 {
		return name[0], true
	}
	for _, part := range []struct {
		first rune
		names string
	}{{0, namesBelow20}, {0x20, namesFrom20}, {0x5b, namesFrom5B}, {0x7b, namesFrom7B}} {
		r := part.first
		for group := range strings.SplitSeq(part.names, " ") {
			for synonym := range strings.SplitSeq(group, ",") {
				if synonym == string(name) {
					return r, true
				}
			}
			r++
		}
	}
	return 0, false
}
