package interp

import (
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// The version that scripts see: of the bash that we are measured against.
const bashVersion = "5.2.15(1)-release"

// defineSpecial makes the variables that the shell itself keeps.
func (sh *Shell) defineSpecial() {
	vars := sh.scope.vars
	define := func(name string, attr Attr, d *dynamic) {
		v := &Var{own: sh.own, attr: attr, set: true, dyn: d}
		if old := vars[name]; old.is(Exported) && d.array == nil {
			v.attr |= Exported
		}
		vars[name] = v
	}
	text := func(name, value string) {
		if vars[name] == nil {
			v := &Var{own: sh.own}
			v.setText(value)
			vars[name] = v
		}
	}
	readonly := func(name, value string, attr Attr) {
		v := &Var{own: sh.own, attr: attr | ReadOnly}
		v.setText(value)
		vars[name] = v
	}
	define("LINENO", 0, &dynamic{get: func(sh *Shell) string { return strconv.Itoa(sh.line) }})
	define("RANDOM", Integer, &dynamic{get: (*Shell).nextRandom, set: (*Shell).seedRandom})
	define("SRANDOM", Integer, &dynamic{get: strongRandom})
	define("SECONDS", Integer, &dynamic{
		get: func(sh *Shell) string { return strconv.FormatInt(int64(time.Since(sh.started)/time.Second), 10) },
		set: func(sh *Shell, value string) {
			n, _ := strconv.ParseInt(value, 10, 64)
			sh.started = time.Now().Add(-time.Duration(n) * time.Second)
		},
	})
	define("EPOCHSECONDS", 0, &dynamic{get: func(*Shell) string { return strconv.FormatInt(time.Now().Unix(), 10) }})
	define("EPOCHREALTIME", 0, &dynamic{get: func(*Shell) string {
		us := time.Now().UnixMicro()
		return strconv.FormatInt(us/1e6, 10) + "." + strconv.FormatInt(1e6+us%1e6, 10)[1:]
	}})
	define("BASHPID", Integer, &dynamic{get: func(*Shell) string { return strconv.Itoa(os.Getpid()) }})
	define("BASH_SUBSHELL", 0, &dynamic{get: func(sh *Shell) string { return strconv.Itoa(sh.subshell) }})
	define("BASH_COMMAND", 0, &dynamic{get: (*Shell).currentCommand})
	define("BASH_ARGV0", 0, &dynamic{get: func(sh *Shell) string { return sh.name },
		set: func(sh *Shell, value string) { sh.name = value }})
	define("PIPESTATUS", ListVar, &dynamic{array: (*Shell).pipeStatus})
	define("DIRSTACK", ListVar, &dynamic{array: (*Shell).dirStack})
	define("GROUPS", ListVar, &dynamic{array: groupIds})
	define("FUNCNAME", ListVar, &dynamic{array: (*Shell).funcNames})
	define("BASH_SOURCE", ListVar, &dynamic{array: (*Shell).funcSources})
	define("BASH_LINENO", ListVar, &dynamic{array: (*Shell).funcLines})
	define("BASH_REMATCH", ListVar, &dynamic{array: func(sh *Shell) []string { return sh.matches }})
	define("SHELLOPTS", ReadOnly, &dynamic{get: (*Shell).shellOpts})
	define("BASHOPTS", ReadOnly, &dynamic{get: (*Shell).bashOpts})
	readonly("PPID", strconv.Itoa(sh.ppid), Integer)
	readonly("UID", strconv.Itoa(os.Getuid()), Integer)
	readonly("EUID", strconv.Itoa(os.Geteuid()), Integer)
	versinfo := &Var{own: sh.own, attr: ListVar | ReadOnly, set: true,
		list: NewIndexed([]string{"5", "2", "15", "1", "release", machineType()})}
	vars["BASH_VERSINFO"] = versinfo
	text("BASH_VERSION", bashVersion)
	text("IFS", " \t\n")
	vars["IFS"] = func() *Var { v := &Var{own: sh.own}; v.setText(" \t\n"); return v }() // never from the environment
	text("OPTIND", "1")
	vars["OPTIND"].attr |= Integer
	text("OPTERR", "1")
	text("PS4", "+ ")
	text("PATH", defaultPath)
	text("TERM", "dumb")
	text("OSTYPE", runtime.GOOS+osSuffix())
	text("HOSTTYPE", hostType())
	text("MACHTYPE", machineType())
	if name, err := os.Hostname(); err == nil {
		text("HOSTNAME", name)
	}
	if exe, err := os.Executable(); err == nil {
		text("BASH", exe)
	}
	sh.defineDirs()
	sh.raiseLevel()
}

func osSuffix() string {
	if runtime.GOOS == "linux" {
		return "-gnu"
	}
	return ""
}

func hostType() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	}
	return runtime.GOARCH
}

func machineType() string {
	if runtime.GOOS == "linux" {
		return hostType() + "-pc-linux-gnu"
	}
	return hostType() + "-apple-" + runtime.GOOS
}

// defineDirs sets PWD, which is taken from the environment where it names the working directory.
func (sh *Shell) defineDirs() {
	dir := ""
	if v := sh.scope.vars["PWD"]; v != nil {
		if s, _ := v.value(sh); s != "" && s[0] == '/' && sameFile(s, ".") {
			dir = s
		}
	}
	if dir == "" {
		dir, _ = unix.Getwd()
	}
	sh.dir = dir
	v := &Var{own: sh.own, attr: Exported}
	v.setText(dir)
	sh.scope.vars["PWD"] = v
	if old := sh.scope.vars["OLDPWD"]; old == nil {
		sh.scope.vars["OLDPWD"] = &Var{own: sh.own, attr: Exported | Invisible}
	}
}

func sameFile(a, b string) bool {
	var x, y unix.Stat_t
	return unix.Stat(a, &x) == nil && unix.Stat(b, &y) == nil && x.Dev == y.Dev && x.Ino == y.Ino
}

// raiseLevel sets SHLVL one higher than the environment had it.
func (sh *Shell) raiseLevel() {
	level := 0
	if v := sh.scope.vars["SHLVL"]; v != nil {
		s, _ := v.value(sh)
		level, _ = strconv.Atoi(s)
	}
	v := &Var{own: sh.own, attr: Exported}
	v.setText(strconv.Itoa(max(level, 0) + 1))
	sh.scope.vars["SHLVL"] = v
}

// nextRandom gives RANDOM: the generator of Park and Miller (1988), folded to 15 bits, as bash has it since
// 5.1, so that a seed gives the same numbers. Two equal numbers never follow each other.
func (sh *Shell) nextRandom() string {
	for {
		sh.random = parkMiller(sh.random)
		n := int((sh.random>>16)^(sh.random&0xffff)) & 0x7fff
		if n != sh.lastRandom {
			sh.lastRandom = n
			return strconv.Itoa(n)
		}
	}
}

// parkMiller is x ← 16807 x mod 2³¹-1, by Schrage's method.
func parkMiller(x uint32) uint32 {
	const seed = 123459876 // what bash puts in place of 0, where the generator would stay
	s := int64(int32(x))
	if s == 0 {
		s = seed
	}
	h, l := s/127773, s-127773*(s/127773)
	t := 16807*l - 2836*h
	if t < 0 {
		t += 0x7fffffff
	}
	return uint32(t)
}

// seedRandom is the assignment to RANDOM.
func (sh *Shell) seedRandom(value string) {
	n, _ := strconv.ParseInt(value, 10, 64)
	sh.random, sh.lastRandom = uint32(n), 0
}

func strongRandom(*Shell) string {
	// math/rand/v2 has its seed from the system; crypto/rand would cost every start its self-tests.
	return strconv.FormatUint(uint64(rand.Uint32()), 10)
}

func (sh *Shell) currentCommand() string {
	if sh.commandNode == nil {
		return ""
	}
	st := *sh.commandNode
	st.Background, st.Negated = false, false
	return printNode(&st)
}

func (sh *Shell) dirStack() []string { return append([]string{sh.dir}, sh.stack...) }

func groupIds(*Shell) []string {
	ids, err := os.Getgroups()
	if err != nil {
		return nil
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = strconv.Itoa(id)
	}
	return list
}

// funcNames is FUNCNAME: the innermost call first, then main where a script runs.
func (sh *Shell) funcNames() []string {
	if sh.inFunc == 0 && sh.sourcing == 0 {
		return nil
	}
	var list []string
	for i := len(sh.calls) - 1; i >= 0; i-- {
		list = append(list, sh.calls[i].fn)
	}
	if !sh.opts.command && !sh.opts.stdin && !sh.opts.interactive {
		list = append(list, "main")
	}
	return list
}

// funcSources is BASH_SOURCE.
func (sh *Shell) funcSources() []string {
	var list []string
	for i := len(sh.calls) - 1; i >= 0; i-- {
		list = append(list, sh.calls[i].file)
	}
	if !sh.opts.command && !sh.opts.stdin && !sh.opts.interactive {
		list = append(list, sh.name)
	}
	return list
}

// funcLines is BASH_LINENO: where each call was made.
func (sh *Shell) funcLines() []string {
	var list []string
	for i := len(sh.calls) - 1; i >= 0; i-- {
		list = append(list, strconv.Itoa(sh.calls[i].line))
	}
	if !sh.opts.command && !sh.opts.stdin && !sh.opts.interactive {
		list = append(list, "0")
	}
	return list
}

func (sh *Shell) shellOpts() string { return joinOptions(setOptions(), &sh.opts) }

func (sh *Shell) bashOpts() string { return joinOptions(shoptOptions(), &sh.opts) }

// joinOptions lists the options that are on, with colons between.
func joinOptions(table []option, o *options) string {
	list := ""
	for _, opt := range table {
		if opt.name != "s3glob" && *opt.at(o) {
			if list != "" {
				list += ":"
			}
			list += opt.name
		}
	}
	return list
}

// number gives a variable's value as a decimal number.
func (v *Var) number(sh *Shell) (int64, bool) {
	if v == nil {
		return 0, false
	}
	s, ok := v.value(sh)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
