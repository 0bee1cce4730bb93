package interp

import "strconv"

// runCaller is caller: where the running function, or one further out, was called.
func runCaller(sh *Shell, args []string) int {
	words, ok := noOptions(sh, args)
	if !ok {
		return 2
	}
	lines, sources, names := sh.funcLines(), sh.funcSources(), sh.funcNames()
	if len(words) == 0 {
		if len(lines) == 0 {
			return 1
		}
		source := "NULL"
		if len(sources) > 1 {
			source = sources[1]
		}
		return boolStatus(sh.Out("caller", []byte(lines[0]+" "+source+"\n")))
	}
	n, err := strconv.Atoi(words[0])
	if err != nil {
		sh.Errorf("caller: %s: invalid number", words[0])
		sh.usage("caller")
		return 2
	}
	if n < 0 || n >= len(lines) || n+1 >= len(sources) || n+1 >= len(names) {
		return 1
	}
	return boolStatus(sh.Out("caller", []byte(lines[n]+" "+names[n+1]+" "+sources[n+1]+"\n")))
}
