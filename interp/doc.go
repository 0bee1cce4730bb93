// Package interp is bash: state, expansion, builtins, jobs, traps, redirections. It parses with mvdan.cc/sh/v3/syntax, a
// statement at a time, and evaluates the tree itself; bash 5.2 is what it is measured against (see TestBash).
//
// A Shell is one shell and belongs to one goroutine at a time. A subshell is a clone of it in the same process, which
// shares every value until one of the two writes it; a stage of a pipeline runs its clone in a goroutine of its own, and
// where it changes directory or umask it does so on a thread that has these to itself (Linux). A subshell that asks for
// a pid of its own, or changes what the kernel keeps per process, is this program started again with a snapshot of the
// state; Subshell is the main of that process. The same snapshot is what a stage takes along that runs on another target.
//
// Descriptors are real: a script's numbers are mapped to the process's, and every child finds its own at the numbers that
// the script gave them. Only the output of a command substitution is caught in memory, until a command needs a
// descriptor to write to.
//
// A pipeline is planned as a whole before any pipe is opened. Package plan says where its stages run, Config.Segments runs
// those that leave; this package knows of no target.
package interp
