package interp

import (
	"fmt"
	"strconv"
	"strings"
)

// limit is one resource that ulimit shows and sets.
type limit struct {
	letter   byte
	name     string
	unit     string
	factor   uint64 // bytes, or whatever the kernel counts, in one unit
	resource int
}

// pipeLimit stands in for a resource: the size of what a pipe takes in one piece, which cannot be set.
const pipeLimit = -1

// pipeBlocks is PIPE_BUF in units of 512 bytes.
const pipeBlocks = 8

// runUlimit is ulimit. It acts on this process: a subshell that calls it has a process of its own.
func runUlimit(sh *Shell, args []string) int {
	u := ulimitCall{sh: sh}
	if status := u.read(args); status != 0 {
		return status
	}
	if u.all {
		return u.showAll()
	}
	if len(u.asked) == 0 {
		u.asked = append(u.asked, askedLimit{letter: 'f'})
		if len(u.operands) > 0 {
			u.asked[0].value, u.asked[0].sets = u.operands[0], true
		}
	}
	for _, asked := range u.asked {
		if status := u.one(asked); status != 0 {
			return status
		}
	}
	return 0
}

// askedLimit is one letter of the command line, with the value to set if there is one.
type askedLimit struct {
	letter byte
	value  string
	sets   bool
}

type ulimitCall struct {
	sh         *Shell
	soft, hard bool
	all        bool
	asked      []askedLimit
	operands   []string
}

// read takes the command line apart: a letter's value is the rest of its word, or the next word unless that
// is an option.
func (u *ulimitCall) read(args []string) int {
	words := args[1:]
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		cluster := words[0][1:]
		words = words[1:]
		if cluster == "-" {
			break
		}
		for i := 0; i < len(cluster); i++ {
			switch c := cluster[i]; {
			case c == 'S':
				u.soft = true
			case c == 'H':
				u.hard = true
			case c == 'a':
				u.all = true
			case findLimit(c) == nil:
				u.sh.Errorf("ulimit: -%c: invalid option", c)
				u.sh.usage("ulimit")
				return 2
			default:
				asked := askedLimit{letter: c}
				if i+1 < len(cluster) {
					asked.value, asked.sets = cluster[i+1:], true
					i = len(cluster)
				} else if len(words) > 0 && (words[0] == "" || words[0][0] != '-') {
					asked.value, asked.sets = words[0], true
					words = words[1:]
				}
				u.asked = append(u.asked, asked)
			}
		}
	}
	u.operands = words
	return 0
}

func findLimit(letter byte) *limit {
	for i, l := range limits {
		if l.letter == letter {
			return &limits[i]
		}
	}
	return nil
}

func (u *ulimitCall) one(asked askedLimit) int {
	l := findLimit(asked.letter)
	soft, hard, err := getLimit(l.resource)
	if err != nil {
		u.sh.Errorf("ulimit: %s: cannot get limit: %s", l.name, sysMessage(err))
		return 1
	}
	if !asked.sets {
		return boolStatus(u.sh.Out("ulimit", []byte(u.line(l, soft, hard, len(u.asked) > 1))))
	}
	value, ok := u.value(l, asked.value, soft, hard)
	if !ok {
		u.sh.Errorf("ulimit: %s: invalid number", asked.value)
		return 1
	}
	if u.soft || !u.hard {
		soft = value
	}
	if u.hard || !u.soft {
		hard = value
	}
	if err := setLimit(l.resource, soft, hard); err != nil {
		u.sh.Errorf("ulimit: %s: cannot modify limit: %s", l.name, sysMessage(err))
		return 1
	}
	return 0
}

// value reads the limit to set, in the kernel's units.
func (u *ulimitCall) value(l *limit, word string, soft, hard uint64) (uint64, bool) {
	switch word {
	case "hard":
		return hard, true
	case "soft":
		return soft, true
	case "unlimited":
		return noLimit, true
	}
	if word == "" || strings.Trim(word, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil || n > noLimit/u.factor(l) {
		return noLimit, true
	}
	return n * u.factor(l), true
}

// factor is the unit's size; POSIX counts files and cores in smaller blocks.
func (u *ulimitCall) factor(l *limit) uint64 {
	if u.sh.opts.posix && (l.letter == 'c' || l.letter == 'f') {
		return 512
	}
	return l.factor
}

// line shows a limit, labelled where there are several.
func (u *ulimitCall) line(l *limit, soft, hard uint64, labelled bool) string {
	v := soft
	if u.hard && !u.soft {
		v = hard
	}
	text := "unlimited"
	if v != noLimit {
		text = strconv.FormatUint(v/u.factor(l), 10)
	}
	if !labelled {
		return text + "\n"
	}
	unit := fmt.Sprintf("(-%c) ", l.letter)
	if l.unit != "" {
		unit = fmt.Sprintf("(%s, -%c) ", l.unit, l.letter)
	}
	return fmt.Sprintf("%-20s %20s%s\n", l.name, unit, text)
}

func (u *ulimitCall) showAll() int {
	var b strings.Builder
	for i := range limits {
		soft, hard, err := getLimit(limits[i].resource)
		if err != nil {
			u.sh.Errorf("ulimit: %s: cannot get limit: %s", limits[i].name, sysMessage(err))
			continue
		}
		b.WriteString(u.line(&limits[i], soft, hard, true))
	}
	return boolStatus(u.sh.Out("ulimit", []byte(b.String())))
}
