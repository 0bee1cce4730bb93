// Package shell is the program around the interpreter: the command line, what is read (-c, a file, standard input),
// start-up files, the prompt, and the wiring of the interpreter to what runs stages elsewhere. Run is the whole program,
// and takes all that it uses as arguments.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"sshell/interp"
	"sshell/interp/plan"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/dir"
	"sshell/remote/files"
	"sshell/remote/settings"
)

// Version is what --version prints; the build sets it.
var Version = "0.1"

// Program is what main wires together.
type Program struct {
	Args []string // as os.Args
	// Self starts this program again, for subshells that are processes.
	Self []string
	// Routes are the ways by which stages leave the client.
	Routes []Route
	// Files makes what gives the names that the kernel does not know, from a Setup without one; nil, here or as its
	// answer, stands for the folder of s3://.
	Files func(Setup) plan.Files
}

// The exit statuses of a shell that could not begin.
const (
	statusUsage         = 2   // as bash
	statusNotExecutable = 126 // a script that is no text or cannot be read
	statusNotFound      = 127 // a script that is not there
)

// Subshell runs a subshell that is a process of its own, whose order stands in descriptor fd.
func (p Program) Subshell(fd int) int { return interp.Subshell(p.Config(), fd) }

// Run runs the program and gives its exit status.
func (p Program) Run(ctx context.Context) int {
	in, err := parseArgs(p.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "sshell: %s\n", err)
		fmt.Fprint(os.Stderr, strings.Join(strings.SplitN(usage, "\n", 4)[:3], "\n")+"\n")
		return statusUsage
	}
	if strings.HasPrefix(p.Args[0], "-") {
		in.login = true
	}
	switch {
	case in.help:
		fmt.Print(usage)
		return 0
	case in.version:
		fmt.Printf("sshell %s\n", Version)
		return 0
	}
	return p.run(ctx, in)
}

// run makes the shell that the command line asks for and lets it read.
func (p Program) run(ctx context.Context, in *invocation) int {
	set, err := find(settings.Near)
	if err != nil {
		fmt.Fprintf(os.Stderr, "sshell: %v\n", err)
		if !in.interactive && (in.hasCommand || len(in.rest) > 0 || !isTerminal(0)) {
			return statusUsage
		}
		set = new(settings.Settings) // somebody at a prompt can mend the file there
	}
	cfg := p.config(in, set)
	script := ""
	switch {
	case in.hasCommand:
		if len(in.rest) > 0 {
			cfg.Name, cfg.Params = in.rest[0], in.rest[1:]
		}
		cfg.Flags = "c"
	case in.stdin || len(in.rest) == 0:
		cfg.Params = in.rest
		cfg.Flags = "s"
		cfg.Interactive = in.interactive || isTerminal(0) && isTerminal(2)
	default:
		script, cfg.Name, cfg.Params = in.rest[0], in.rest[0], in.rest[1:]
	}
	if in.interactive {
		cfg.Interactive = true
	}
	fd := -1
	if script != "" {
		var status int
		if fd, status = openScript(script); fd < 0 {
			return status
		}
	}
	sh := interp.New(cfg)
	defer sh.Close()
	if !applyOptions(sh, in) {
		return statusUsage
	}
	startup(ctx, sh, in, cfg.Interactive)
	switch {
	case sh.Exited():
	case in.hasCommand:
		sh.RunSource(ctx, cfg.Name, in.command)
	case script != "":
		sh.RunFd(ctx, script, fd)
	case cfg.Interactive:
		runPrompt(ctx, sh)
	default:
		sh.RunFd(ctx, cfg.Name, 0)
	}
	return sh.Exit()
}

// find finds the user's settings.
func find(load func(settings.Source) (*settings.Settings, error)) (*settings.Settings, error) {
	dir, err := os.Getwd()
	if err != nil {
		dir = "/" // one that was removed has no settings
	}
	return load(settings.Source{Env: os.Getenv, Dir: dir})
}

// config is what every shell of this program is made with.
func (p Program) config(in *invocation, set *settings.Settings) interp.Config {
	setup := sync.OnceValue(func() Setup { return p.setup(in.isolate) })
	run := newSegments(p.Routes, setup)
	return interp.Config{
		Name:     p.Args[0],
		Self:     p.Self,
		Segments: run,
		Planner:  plan.Plan,
		Facts:    facts(in, set, run.targets()),
		Files:    lazyFiles(setup),
		Words:    words(),
		Explain:  in.explain,
	}
}

// facts are what is known of placement when the shell starts. SSHELL_ON is not among them: it is a variable, which the script
// can change.
func facts(in *invocation, set *settings.Settings, targets []plan.Target) plan.Facts {
	f := plan.Facts{Default: plan.Target(in.on), DefaultBy: "--on", Named: in.on != "", Targets: targets}
	if by := set.From("on"); in.on == "" && by != placementVar {
		f.Default, f.DefaultBy = plan.Target(set.On), by
	}
	for _, r := range set.Rules {
		f.Rules = append(f.Rules, plan.Rule{Commands: r.Commands, On: plan.Target(r.On), Place: r.Place})
	}
	return f
}

// placementVar is the variable that names a target for every stage.
const placementVar = "SSHELL_ON"

// setup is what is found out when a stage leaves, or a name s3:// is used: no start pays for it.
func (p Program) setup(isolate bool) Setup {
	set, err := find(settings.Load)
	if err != nil {
		fmt.Fprintf(os.Stderr, "sshell: %v\n", err)
		set = &settings.Settings{S3: settings.S3Dir}
	}
	s := Setup{Isolate: isolate, S3: set.S3, S3Dir: s3Folder(set)}
	if p.Files != nil {
		s.Files = p.Files(s)
	}
	if s.Files == nil {
		s.Files = files.New(&lazyBuckets{root: s.S3Dir})
	}
	return s
}

// lazyFiles are a Setup's Files.
type lazyFiles func() Setup

func (l lazyFiles) Has(name string) bool { return objstore.IsURL(name) }

func (l lazyFiles) Open(ctx context.Context, name string) (*os.File, error) {
	return l().Files.Open(ctx, name)
}

func (l lazyFiles) Create(ctx context.Context, name string, add bool) (plan.Output, error) {
	return l().Files.Create(ctx, name, add)
}

func (l lazyFiles) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	return l().Files.Stat(ctx, name)
}

func (l lazyFiles) Glob(ctx context.Context, pattern string) ([]string, error) {
	return l().Files.Glob(ctx, pattern)
}

// s3Folder gives the folder that s3:// stands for, empty where it is none, or where nobody says whose home it is in.
func s3Folder(set *settings.Settings) string {
	switch {
	case set.S3 != settings.S3Dir:
		return ""
	case set.S3Dir != "":
		return set.S3Dir
	}
	root, err := dir.Root(os.Getenv)
	if err != nil {
		return "" // whoever uses s3:// is told so
	}
	return root
}

// Config is what a shell is made with that this program starts elsewhere: in a worker, or as a subshell.
func (p Program) Config() interp.Config {
	set, err := find(settings.Near)
	if err != nil { // the shell that started this one has said so
		set = new(settings.Settings)
	}
	return p.config(&invocation{}, set)
}

// lazyBuckets finds the folder that stands for s3:// when a name is first used.
type lazyBuckets struct {
	root    string // empty for the default one
	once    sync.Once
	buckets *dir.Buckets
	err     error
}

func (l *lazyBuckets) Bucket(ctx context.Context, name string) (objstore.Store, error) {
	l.once.Do(func() {
		if l.root == "" {
			l.root, l.err = dir.Root(os.Getenv)
		}
		l.buckets = &dir.Buckets{Root: l.root}
	})
	if l.err != nil {
		return nil, l.err
	}
	return l.buckets.Bucket(ctx, name)
}

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil
}

// binaryProbe is how much of a script is looked at to tell text from a program, as in bash.
const binaryProbe = 80

// openScript opens a script at a number that leaves the low ones to it. A negative fd comes with the exit
// status.
func openScript(name string) (fd, status int) {
	file, err := os.Open(name)
	if err != nil && !strings.Contains(name, "/") {
		if path := onPath(name); path != "" {
			file, err = os.Open(path)
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "sshell: %s: %s\n", name, reason(err))
		if errors.Is(err, os.ErrNotExist) {
			return -1, statusNotFound
		}
		return -1, statusNotExecutable
	}
	defer file.Close()
	if st, err := file.Stat(); err == nil && st.IsDir() {
		fmt.Fprintf(os.Stderr, "sshell: %s: Is a directory\n", name)
		return -1, statusNotExecutable
	}
	head := make([]byte, binaryProbe)
	n, err := file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		n = 0 // a pipe: it cannot be looked at without taking from it
	}
	line, _, _ := strings.Cut(string(head[:n]), "\n")
	if strings.IndexByte(line, 0) >= 0 {
		fmt.Fprintf(os.Stderr, "sshell: %s: cannot execute binary file\n", name)
		return -1, statusNotExecutable
	}
	const high = 255 // where bash keeps its script
	fd, err = unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, high)
	if err != nil {
		fmt.Fprintf(os.Stderr, "sshell: %s: %s\n", name, reason(err))
		return -1, statusNotExecutable
	}
	return fd, 0
}

// onPath finds a script by PATH, as bash does for a name without a slash that is not here.
func onPath(name string) string {
	for d := range strings.SplitSeq(os.Getenv("PATH"), ":") {
		path := d + "/" + name
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// reason is an error's cause as the system words it.
func reason(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return err.Error()
}

// applyOptions sets what the command line says of set and shopt.
func applyOptions(sh *interp.Shell, in *invocation) bool {
	for _, args := range in.set {
		if sh.RunWords(append([]string{"set"}, args...)) != 0 {
			return false
		}
	}
	for _, args := range in.shopt {
		if sh.RunWords(append([]string{"shopt"}, args...)) != 0 {
			return false
		}
	}
	return true
}

// startup reads the start-up files that bash reads in the same place, and ours for a prompt.
func startup(ctx context.Context, sh *interp.Shell, in *invocation, interactive bool) {
	home := os.Getenv("HOME")
	first := func(paths ...string) {
		for _, path := range paths {
			if sourceIfThere(sh, path) {
				return
			}
		}
	}
	switch {
	case in.login && !in.noprofile:
		first("/etc/profile")
		first(home+"/.bash_profile", home+"/.bash_login", home+"/.profile")
	case interactive && !in.norc:
		if in.rcfile != "" {
			first(in.rcfile)
		} else {
			first(home + "/.sshellrc")
		}
	case !interactive:
		if env := os.Getenv("BASH_ENV"); env != "" {
			sh.RunSource(ctx, "BASH_ENV", `if [ -n "$BASH_ENV" ] && [ -r "$BASH_ENV" ]; then . "$BASH_ENV"; fi`)
		}
	}
}

func sourceIfThere(sh *interp.Shell, path string) bool {
	if unix.Access(path, unix.R_OK) != nil {
		return false
	}
	sh.RunWords([]string{"source", path})
	return true
}
