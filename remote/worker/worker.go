// Package worker runs one task as processes of this machine. A stage that is an argument vector is the program
// itself, started without anything in between; a stage that is shell source is this program again, in a process of its
// own that restores the snapshot and runs the source in an interpreter. Kernel pipes join the stages.
//
// A task is one process group, never in the foreground of a terminal and never with a terminal as its standard input. When
// its context ends, its time is up, or its input turns out to be broken, the group and every process that descends from
// it are stopped: asked first, killed then. A process that has left the group and lost its parents is not found. When
// the process that holds the Worker dies, by SIGKILL too, its programs are killed by the kernel (Linux), the groups of tasks
// that are older than a second by a process that is there for it, and stages of source end themselves with all that
// they started. A task that has ended by itself may leave background processes, as in any shell.
//
// # The wire
//
// A process that runs source is Config.Self with the number of a descriptor, one end of a socket. What travels over
// it are frames, a length of 8 bytes in network order and as many bytes of CBOR: an order down, a reply up. The
// order's end stays open for as long as the task may live; when it closes, the process kills its group. A process that
// ends without a reply was lost, unless a signal ended it, or a program took its place by exec.
//
// One that was started ahead (Ahead) sends an empty reply when it is there, and gets two things before its order: a byte
// with the three descriptors of its stage, and a frame with its place. It sends another empty reply when it has its order:
// without that it has run nothing, and was lost, whatever ended it. /proc/PID/environ of such a process is empty; what it
// starts has the task's environment.
package worker

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"sshell/interp/plan"
	"sshell/remote"
)

// Config is how a Worker is made.
type Config struct {
	// Self starts this program as the process of a stage of source; the number of a descriptor is added. It must end in a
	// call of Main.
	Self []string
	// Shell runs a script without an interpreter line: the script and its arguments are added. Empty means /bin/sh.
	Shell []string
	// Isolate gives each task a root of its own, with nothing in it but a bounded /tmp and what the task ships.
	Isolate bool
	// Tmp bounds the files that an isolated task may write, in bytes. 0 means DefaultTmp.
	Tmp int64
	// Objects is the folder that s3:// stands for on this machine, by an absolute path: the source of isolated tasks may
	// read and write it, and finds it by SSHELL_S3_DIR. Empty where s3:// is no folder.
	Objects string
	// Ahead is a process that the first stage of a task takes when it is one of source: of Self, for one task. nil for none.
	Ahead *Ahead
	// Apart says of a process that it is not ended with its task, but by whoever holds the Worker. nil for none.
	Apart func(pid int) bool
	// Contained says that whatever descends from this process ends with it, as in a namespace whose first it is, or a
	// function's environment: nothing needs a guard.
	Contained bool
}

// DefaultTmp is how much an isolated task may store in /tmp: what a function has unless it is given more.
const DefaultTmp = 512 << 20

// Input is a task's standard input, opened. Its methods are called in their order, all but File once.
type Input interface {
	// File is the descriptor that the first stage gets. The Worker closes it when the stage has it.
	File() *os.File
	// Feed fills what File reads from. It runs in a goroutine of its own, and returns when all is written, when the reader
	// has left, or when Stop is called. An error means that the reader did not get all: it is killed before it can see
	// an end of file.
	Feed() error
	// Stop makes Feed return, and is the only one to be called beside it.
	Stop()
	// End releases everything, and says how many bytes were handed over. An error means that they were not the
	// right ones.
	End() (int64, error)
}

// Worker runs tasks. Its methods may be called from several goroutines.
type Worker struct {
	cfg      Config
	null     *os.File
	programs programs
	environs environs
	guard    guard
	census   census
}

// New makes a Worker.
func New(cfg Config) (*Worker, error) {
	for _, argv := range []*[]string{&cfg.Self, &cfg.Shell} {
		if len(*argv) == 0 {
			continue
		}
		path, err := absolute((*argv)[0])
		if err != nil {
			return nil, err
		}
		*argv = append([]string{path}, (*argv)[1:]...)
	}
	if len(cfg.Shell) == 0 {
		cfg.Shell = []string{"/bin/sh"}
	}
	if cfg.Tmp == 0 {
		cfg.Tmp = DefaultTmp
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return &Worker{cfg: cfg, null: null}, nil
}

// absolute finds a program now, so that a task's directory does not matter.
func absolute(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", program, err)
	}
	return filepath.Abs(path)
}

// Close releases what the Worker holds. Nothing may run.
func (w *Worker) Close() error {
	w.guard.gone.Wait()
	return w.null.Close()
}

// Run makes an attempt at a task, with the contract of remote.Runner. in is the standard input of the first stage, nil
// where the task has none or takes it from the streams.
//
// The goroutine keeps its thread until the task has ended: the kernel kills programs whose parent thread ends, and a
// thread that other goroutines may lock and leave is not safe from that.
func (w *Worker) Run(ctx context.Context, t *remote.Task, s remote.Streams, in Input) (*remote.Result, error) {
	a := &attempt{w: w, task: t, in: in, done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		a.abandon()
		return nil, err
	}
	if err := a.prepare(s); err != nil {
		a.abandon()
		return nil, &remote.NotStartedError{Status: plan.StatusMachinery, Err: err}
	}
	if t.Umask != nil && !w.cfg.Isolate {
		return ownThread(*t.Umask, func() (*remote.Result, error) { return a.run(ctx) })
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return a.run(ctx)
}
