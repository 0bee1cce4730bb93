package interp

import (
	"context"
	"maps"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"

	"sshell/interp/plan"
)

// Config is what a shell is made with. It is shared by the shell and its clones and not changed.
type Config struct {
	Name    string   // $0
	Params  []string // $1, $2, …
	Environ []string // NAME=VALUE; nil means the process's own
	// Self starts this program again: a subshell that needs a process of its own is Self with
	// "--subshell" and a descriptor number. It must end in a call of Subshell.
	Self []string
	// Segments runs the stages that leave the client, Planner says which do. Without them every stage
	// stays, and the words of sshell are ordinary commands.
	Segments plan.Segments
	Planner  func(plan.Pipeline, plan.Facts) []plan.Placement
	Facts    plan.Facts
	Files    plan.Files // names that the kernel does not know; nil for none
	Words    map[string]Builtin
	// Interactive shells go on after errors that end a script.
	Interactive bool
	// Explain prints the plan of each pipeline that would be placed instead of running it.
	Explain bool
	// Login and the rest of the invocation's letters, for $-.
	Flags string
}

// Builtin is a command that runs in the shell. args[0] is its name; it returns the exit status. It reads
// and writes through the Shell's descriptors, see (*Shell).Out and (*Shell).Desc.
type Builtin func(sh *Shell, args []string) int

// flow says that the evaluator is on its way out of something.
type flow uint8

const (
	flowNone     flow = iota
	flowBreak         // out of sh.flowDepth loops
	flowContinue      // to the next turn of the sh.flowDepth-th loop
	flowReturn        // out of a function or sourced file
	flowDiscard       // to the top level: an expansion error ends the current command there
	flowExit          // out of the shell
)

// Shell is one shell: the one that the user started, or a subshell that runs in the same process. A Shell
// is used by one goroutine at a time.
type Shell struct {
	cfg  *Config
	proc *process // what all shells of this process share
	ctx  context.Context
	own  *owner // what this shell may change in place

	scope     *scope
	funcs     map[string]*function
	funcsOwn  *owner
	aliases   map[string]string // copied when changed
	turnedOff map[string]bool   // builtins that enable -n turned off; copied when changed
	opts      options
	env       []string // environ's answer, nil when it is stale

	name       string   // $0
	params     []string // $1, $2, …
	status     int      // $?
	pipeState  []int    // PIPESTATUS
	lastArg    string   // $_
	lastBg     int      // $!, 0 for none
	pid        int      // $$
	ppid       int
	subshell   int // BASH_SUBSHELL
	matches    []string
	started    time.Time // when SECONDS was 0
	random     uint32    // state of RANDOM
	lastRandom int
	getopt     getoptState

	fds   *fdTable
	dir   string // the logical working directory, PWD as the shell believes it
	stack []string
	mask  int // umask
	fs    fsOwnership

	traps       traps
	calls       []call
	line        int
	commandNode *syntax.Stmt    // BASH_COMMAND
	trapOpen    map[string]bool // conditions whose action is running
	trapStatus  int             // `$?` when the innermost action began, for return and exit in it
	hash        map[string]hashed
	jobs        *jobTable
	flow        flow
	depth       int // flowDepth: how many loops break or continue leaves
	loops       int // loops around the current command, for break outside of one
	noErr       int // > 0 while errexit is ignored: conditions, !, && and ||
	sourcing    int // depth of sourced files, for return
	// plain is > 0 while `command` runs a builtin: an error of a special one then ends no script.
	plain  int
	inFunc int
	inTrap int
	// inline is the number of subshells between this shell and the one that owns the process.
	inline int
	// files holds outputs that appear when the pipeline around them ends well; see redirect.go.
	outputs *outputs
	// byName says that an object that is read stays unopened: a segment's target reads it.
	byName bool
	src    *source     // where the running statement was read from
	group  *group      // the process group of the pipeline that this shell is a stage of
	behind *behind     // what ends it when a stage before it is lost, nil where none can be
	killed unix.Signal // the signal that should end the process, 0 for none
	// substituted has the numbers of the pipes of process substitutions of running commands.
	substituted []int
	// globStored is set while the word of a redirection is expanded: patterns of stored objects' names are expanded there,
	// elsewhere only with s3glob.
	globStored bool
	coprocFds  []int // not passed to subshells
	traceLevel int   // how often PS4's first character is repeated
	// traceDeferred has the beginnings of traced assignments whose value is being computed.
	traceDeferred []string
	// substitutions counts command substitutions, so that a command without words knows whether it had one.
	substitutions int
	aliasOpen     map[string]bool // aliases that are being expanded
	exp           expandState     // what expansion keeps between words
}

// call is one frame of the call stack: a function, or a sourced file.
type call struct {
	fn   string // FUNCNAME, "source" for a sourced file
	file string // BASH_SOURCE
	line int    // where it was called
	args []string
}

// function is a shell function. It is not changed once it is defined.
type function struct {
	name     string
	body     *syntax.Stmt
	src      *source
	file     string
	line     int
	exported bool
	traced   bool
	readonly bool
}

// New makes a shell in this process, with descriptors 0, 1, 2 and whatever else the process inherited.
func New(cfg Config) *Shell {
	if cfg.Environ == nil {
		cfg.Environ = os.Environ()
	}
	sh := &Shell{
		cfg: &cfg, proc: newProcess(), ctx: context.Background(), own: new(owner),
		name: cfg.Name, params: cfg.Params,
		pid: os.Getpid(), ppid: os.Getppid(),
		started: time.Now(),
		fds:     newFdTable(),
		jobs:    newJobTable(),
		opts:    defaultOptions(cfg.Interactive),
	}
	sh.fs.thread, sh.mask = sh.proc.thread, processUmask()
	sh.scope = &scope{vars: make(map[string]*Var, len(cfg.Environ)+24), own: sh.own}
	sh.random = uint32(sh.pid)
	sh.importEnviron(cfg.Environ)
	sh.defineSpecial()
	return sh
}

// Status is `$?`.
func (sh *Shell) Status() int { return sh.status }

// importEnviron makes a variable of each entry whose name is one, and functions of those that bash
// exported as such.
func (sh *Shell) importEnviron(env []string) {
	for _, entry := range env {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || sh.importFunction(name, value) || !validName(name) {
			continue
		}
		v := &Var{own: sh.own, attr: Exported}
		v.setText(value)
		sh.scope.vars[name] = v
	}
}

// clone makes a subshell's shell: the same state, to be changed apart. While the clone of a synchronous
// subshell lives the shell itself stands still, so it takes its ownership back with reclaim.
func (sh *Shell) clone() *Shell {
	c := *sh
	c.own = new(owner)
	c.fds = sh.fds.clone()
	c.jobs = sh.jobs.clone()
	c.traps = sh.traps.inSubshell(sh.opts.errtrace, sh.opts.functrace)
	c.params = sh.params
	c.subshell++
	c.inline++
	c.calls = sh.calls[:len(sh.calls):len(sh.calls)]
	c.stack = append([]string(nil), sh.stack...)
	c.flow, c.depth, c.loops = flowNone, 0, sh.loops
	c.outputs, c.byName = nil, false
	c.substituted, c.traceDeferred, c.globStored = nil, nil, false
	c.exp = expandState{}
	c.trapOpen = nil
	c.aliasOpen = maps.Clone(sh.aliasOpen)
	c.fs.saved, c.fs.masked, c.fs.beside = 0, false, false
	if sh.hash != nil {
		c.hash = make(map[string]hashed, len(sh.hash))
		for k, v := range sh.hash {
			c.hash[k] = v
		}
	}
	return &c
}

// share gives up sh's right to change values in place, because a clone that runs beside it reads them. The
// result gives the right back to shells whose clones have ended.
func (sh *Shell) share() (reclaim func()) {
	before := sh.own
	sh.own = new(owner)
	after := sh.own
	return func() {
		if sh.own == after {
			sh.own = before
		}
	}
}
