// Package plan decides where the stages of a pipeline run. It is pure: what it must know of the world is
// gathered before and handed in as Facts, and the answer is a Placement with a reason for each stage. It
// also owns the types that cross the seam between the interpreter and everything that runs stages
// elsewhere: Pipeline, Stage, Segment, Snapshot.
package plan

import (
	"context"
	"io/fs"
	"os"
)

// Target names a place where stages can run.
type Target string

// The targets there are. Client is the shell process itself; Local runs tasks as processes of this machine, Lambda in
// functions of AWS Lambda.
const (
	Client Target = "client"
	Local  Target = "local"
	Lambda Target = "lambda"
)

// Role is what the first word of a stage means.
type Role uint8

// A Plain stage is any command of the user's; the others are the words that sshell adds.
const (
	Plain Role = iota
	Split
	Parmap
	Reduce
	On
)

// Use is what a stage, or a function that it calls, needs of the shell or machine that it runs on. A stage
// with any of them stays on the client (DESIGN §4), but for UsesInput where the user asked for this stage.
type Use uint16

// The uses, in the order in which reasons are given.
const (
	UsesState      Use = 1 << iota // changes variables or other state of this shell, which must see it
	UsesTerminal                   // reads or controls the terminal
	UsesPid                        // $$ or $PPID
	UsesJobs                       // kill, wait, jobs, fg, bg, disown
	UsesCoproc                     // coproc
	UsesProc                       // a path under /proc
	UsesDescriptor                 // a descriptor above 2 that it did not open
	UsesProcSubst                  // a process substitution
	UsesLocale                     // a collating locale that the target lacks
	UsesInput                      // may take more of an input that it shares than it uses; see place
)

// Stage is one command of a pipeline. A simple command whose words could be expanded on the client without
// side effects has Argv; every stage has Source.
type Stage struct {
	Role   Role
	Argv   []string // expanded on the client, once; nil when Source is expanded where it runs
	Env    []string // NAME=VALUE of the assignments in front of the command, expanded with Argv
	Source string   // the stage as shell source, without the redirections that the client made
	Line   int      // of the script, on which Source begins
	Closed []int    // of standard input and output, which the stage has not; the segment's are /dev/null then
	Name   string   // the first word, or the keyword of a compound command: for messages
	Asked  Target   // the target that the user named for this stage, empty when none
	By     string   // what named it: "on", "--on", "SSHELL_ON", or a rule's place
	Wish   bool     // it was named for other stages as well: one that cannot leave stays
	Uses   Use
}

// Pipeline is what is planned as a whole.
type Pipeline struct {
	Stages []Stage
	// LastPipe says that the last stage runs in the shell itself.
	LastPipe bool
}

// Status is how one stage ended: its exit status as `$?` has it.
type Status = int

// StatusMachinery is the status for a fault of the machinery, as against the command's own.
const StatusMachinery Status = 125

// Segment is a longest run of neighbouring stages that leave the client together.
type Segment struct {
	Target   Target
	Stages   []Stage
	Stdin    *os.File
	Stdout   *os.File
	Stderr   []*os.File // one per stage
	Snapshot *Snapshot
	// First is the number of the first stage in its pipeline, from 1; 0 for a pipeline of one stage. An Explainer says it.
	First int

	// In names the object that standard input is, for an ObjectReader; Stdin is nil then.
	In string
	// Out is the Output whose File Stdout is; nil where it is anything else. A Segments need not look at it.
	Out Output
}

// Segments runs segments. Run returns a status per stage when each stage ended, and an error when the
// machinery failed; it has then written the message to the failing stage's Stderr, or wraps it in the error.
// Run does not close the segment's files. When ctx ends, Run stops what it started, removes what it stored and
// returns. It may be called from several goroutines.
type Segments interface {
	Run(ctx context.Context, s Segment) ([]Status, error)
}

// Explainer is a Segments that can say what it would do: Explain returns lines for `--explain`, without
// running anything.
type Explainer interface {
	Explain(ctx context.Context, s Segment) ([]string, error)
}

// Output is a file that appears whole or not at all. Exactly one of Commit and Abort is called, after the
// last descriptor that a command had is closed.
type Output interface {
	File() *os.File
	Commit() error
	Abort() error
}

// Files opens names that the kernel does not know, such as s3://bucket/key. Errors wrap fs.ErrNotExist and
// its kin, and name neither the operation nor the name, which the caller's message has.
type Files interface {
	// Has reports whether name is one of this Files' names: it looks at the name only.
	Has(name string) bool
	Open(ctx context.Context, name string) (*os.File, error)
	Create(ctx context.Context, name string, add bool) (Output, error)
	Stat(ctx context.Context, name string) (fs.FileInfo, error)
	// Glob gives the names that match a pattern, sorted; none is no error.
	Glob(ctx context.Context, pattern string) ([]string, error)
}
