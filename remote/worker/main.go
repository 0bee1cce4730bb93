package worker

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"sshell/interp"
	"sshell/interp/plan"
	"sshell/remote"
)

// firstHighFd is where a process of ours keeps its socket: above the numbers that scripts use.
const firstHighFd = 200

// Main is the main of a process of ours: args is the number of the descriptor that its order comes over, and whether it was
// started ahead. prepare may
// change what the interpreter is made with; nil changes nothing. It returns the status to exit with.
func Main(args []string, prepare func(*interp.Config)) int {
	end, err := openEnd(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "sshell: worker: %v\n", err)
		return plan.StatusMachinery
	}
	ahead := len(args) > 1
	if ahead {
		err = takePlace(end)
	}
	var o *order
	if err == nil {
		o, err = takeOrder(end)
	}
	if err != nil {
		return plan.StatusMachinery // whoever started us has gone, and with it who would read a message
	}
	if ahead && o.Task != nil {
		setEnviron(o.Task)
		err = writeFrame(end, new(reply))
	}
	if err != nil {
		return plan.StatusMachinery
	}
	if o.Guard {
		return keepGuard(end)
	}
	go func() {
		io.Copy(io.Discard, end)
		endSelf()
	}()
	if o.Isolate {
		return finish(end, isolatedTask(o))
	}
	return sourceStage(end, o.Task, prepare)
}

// openEnd takes our end of the socket out of the way of scripts, and lets the runtime report a crash over it.
func openEnd(args []string) (*os.File, error) {
	if len(args) != 1 && !(len(args) == 2 && args[1] == aheadWord) {
		return nil, fmt.Errorf("needs the number of a descriptor")
	}
	low, err := strconv.Atoi(args[0])
	if err != nil || low < 3 {
		return nil, fmt.Errorf("%s: not the number of a descriptor", args[0])
	}
	fd, err := unix.FcntlInt(uintptr(low), unix.F_DUPFD_CLOEXEC, firstHighFd)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d: %w", low, err)
	}
	unix.Close(low)
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("descriptor %d: %w", low, err)
	}
	end := os.NewFile(uintptr(fd), "worker")
	if err := debug.SetCrashOutput(end, debug.CrashOptions{}); err != nil {
		return nil, fmt.Errorf("set up crash reports: %w", err)
	}
	return end, nil
}

// endSelf kills what is left of this process's group, and what descends from it. Its client has gone, or wants it gone.
func endSelf() {
	k := &kin{group: unix.Getpgrp(), roots: []int{os.Getpid()}, census: new(census)}
	k.signal(k.living(), syscall.SIGKILL)
	os.Exit(plan.StatusMachinery) // the first process of a namespace cannot kill itself
}

// finish sends the reply and gives the status to exit with.
func finish(end *os.File, r *reply) int {
	if err := writeFrame(end, r); err != nil {
		return plan.StatusMachinery
	}
	return r.Status
}

// sourceStage runs one stage of source in an interpreter, as the last thing that this process does.
func sourceStage(end *os.File, t *remote.Task, prepare func(*interp.Config)) int {
	sh, err := newShell(t, prepare)
	if err != nil {
		return finish(end, failed(err))
	}
	sh.RunAt(context.Background(), "sshell", t.Stages[0].Source, t.Stages[0].Line)
	status := sh.Exit()
	r, err := replyFor(&remote.Result{Statuses: []plan.Status{status}}, nil)
	if err != nil {
		return finish(end, failed(err))
	}
	r.Status = status
	return finish(end, r)
}

func failed(err error) *reply { return &reply{Status: plan.StatusMachinery, Error: err.Error()} }

// newShell makes the shell that the snapshot describes, with the task's own variables on top. Those of its stage hide all of
// the same name, as an assignment before a command does.
func newShell(t *remote.Task, prepare func(*interp.Config)) (*interp.Shell, error) {
	env := newEnviron(t.Environ).with(t.Env).list
	cfg := interp.Config{Name: "sshell", Environ: env, Self: []string{selfPath()}}
	if prepare != nil {
		prepare(&cfg)
	}
	sh := interp.New(cfg)
	if t.Snapshot == nil {
		return sh, nil
	}
	s := *t.Snapshot
	s.Vars = s.Vars[:len(s.Vars):len(s.Vars)]
	s.Vars = append(s.Vars, variables(t.Env)...)
	if env := t.Stages[0].Env; len(env) > 0 {
		s.Scopes = append(s.Scopes[:len(s.Scopes):len(s.Scopes)], plan.Scope{Temp: true, Vars: variables(env)})
	}
	if err := sh.Restore(&s); err != nil {
		return nil, fmt.Errorf("restore snapshot: %w", err)
	}
	return sh, nil
}

// variables are those of an environment as a snapshot has them.
func variables(env []string) []plan.Variable {
	var list []plan.Variable
	for _, entry := range env {
		name := nameOf(entry)
		if len(name) < len(entry) {
			list = append(list, plan.Variable{Name: name, Attr: uint16(interp.Exported), Set: true, Value: entry[len(name)+1:]})
		}
	}
	return list
}

// isolatedTask runs a whole task in a root of its own. This process is the first of its namespace: when it ends, the
// kernel kills all others there.
func isolatedTask(o *order) *reply {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	r, err := func() (*remote.Result, error) {
		cfg, err := enterRoot(o)
		if err != nil {
			return nil, err
		}
		w, err := New(cfg)
		if err != nil {
			return nil, err
		}
		defer w.Close()
		return w.Run(ctx, o.Task, remote.Streams{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, nil)
	}()
	answer, err := replyFor(r, err)
	if err != nil {
		return failed(err)
	}
	return answer
}
