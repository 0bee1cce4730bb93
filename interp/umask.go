package interp

import (
	"fmt"
	"strconv"
	"strings"
)

// permissionBits are those that a umask can hold.
const permissionBits = 0o777

// runUmask is umask.
func runUmask(sh *Shell, args []string) int {
	var symbolic, reusable bool
	o := readOptions(args, "Sp")
	for o.next() {
		switch o.letter {
		case 'S':
			symbolic = true
		case 'p':
			reusable = true
		}
	}
	if o.failed(sh) {
		return 2
	}
	if len(o.rest) > 0 {
		mask, err := newMask(sh.currentUmask(), o.rest[0])
		if err != nil {
			sh.Errorf("umask: %s", err)
			return 1
		}
		sh.setUmask(mask)
		if !symbolic {
			return 0
		}
		reusable = false
	}
	text := fmt.Sprintf("%04o", sh.currentUmask())
	if symbolic {
		text = symbolicMask(sh.currentUmask())
	}
	if reusable {
		text = "umask " + strings.Repeat("-S ", boolInt(symbolic)) + text
	}
	return boolStatus(sh.Out("umask", []byte(text+"\n")))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// newMask gives the mask that word, a number or a symbolic mode, makes of mask.
func newMask(mask int, word string) (int, error) {
	if word == "" || word[0] < '0' || word[0] > '9' {
		return symbolicMode(mask, word)
	}
	const highest = 0o7777 // all mode bits, of which those above permissionBits are dropped
	n, err := strconv.ParseUint(word, 8, 32)
	if err != nil || n > highest {
		return 0, fmt.Errorf("%s: octal number out of range", word)
	}
	return int(n) & permissionBits, nil
}

// symbolicMode reads clauses such as u=rwx,go-w, which say what is allowed.
func symbolicMode(mask int, word string) (int, error) {
	allowed := ^mask & permissionBits
	for rest, more := word, true; more; {
		who, n := 0, 0
		for ; n < len(rest) && whoBits(rest[n]) != 0; n++ {
			who |= whoBits(rest[n])
		}
		if who == 0 {
			who = permissionBits
		}
		op := byte(0)
		if rest = rest[n:]; rest != "" {
			op, rest = rest[0], rest[1:]
		}
		if op != '+' && op != '-' && op != '=' {
			return 0, fmt.Errorf("`%c': invalid symbolic mode operator", op)
		}
		var letters string
		letters, rest, more = strings.Cut(rest, ",")
		bits := 0
		for _, c := range []byte(letters) {
			bit, ok := map[byte]int{'r': 0o444, 'w': 0o222, 'x': 0o111}[c]
			if !ok {
				return 0, fmt.Errorf("`%c': invalid symbolic mode character", c)
			}
			bits |= bit
		}
		switch op {
		case '+':
			allowed |= who & bits
		case '-':
			allowed &^= who & bits
		case '=':
			allowed = allowed&^who | who&bits
		}
	}
	return ^allowed & permissionBits, nil
}

// whoBits are the bits of user, group, others or all; 0 for another letter.
func whoBits(c byte) int {
	switch c {
	case 'u':
		return 0o700
	case 'g':
		return 0o070
	case 'o':
		return 0o007
	case 'a':
		return permissionBits
	}
	return 0
}

// symbolicMask shows what a mask allows.
func symbolicMask(mask int) string {
	part := func(who byte, shift uint) string {
		text := string([]byte{who, '='})
		for i, c := range []byte("rwx") {
			if mask>>shift&(4>>i) == 0 {
				text += string([]byte{c})
			}
		}
		return text
	}
	return part('u', 6) + "," + part('g', 3) + "," + part('o', 0)
}
