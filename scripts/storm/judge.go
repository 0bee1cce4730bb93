package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// answer is what a shell made of a pipeline.
type answer struct {
	stdout, stderr string
	status         int
	files          []string // what those of the names that are watched hold
	said           string   // what the last of them holds, lines of the machinery too
	late           bool     // it had to be killed
}

// watched are the names that pipelines write to, in their folder and in $STORE. What the machinery says may stand in the last.
var watched = []string{"out", "end", "$STORE/out", "$STORE/kept", "err"}

// kind is what came of a pipeline.
type kind int

const (
	equal       kind = iota // as in bash
	told                    // it failed, and said so
	interrupted             // by the signal that it was sent
	wrong                   // it broke the promise
	left                    // it left something behind
	kinds
)

// verdict is what is to be said of a pipeline.
type verdict struct {
	kind
	why string // what it said, or how it broke the promise
}

// patience is how long a pipeline may take: those without faults take two seconds. A function that was killed while it was
// given a time of 50 s is known to be gone when that is over.
const patience = 3 * time.Minute

// judge runs a pipeline by bash and by the shell under test.
func (g *ground) judge(p *pipeline, number int) verdict {
	dir := filepath.Join(g.dir, strconv.Itoa(number))
	mark := fmt.Sprintf("STORM=%s", dir)
	by := &pipeline{input: p.input}
	bash, err := g.answer(filepath.Join(dir, "bash"), "bash", p.bash, by, filepath.Join(dir, "store"), filepath.Join(dir, "store"), nil)
	if err != nil {
		return verdict{wrong, err.Error()}
	}
	name := fmt.Sprintf("data/%d", number)
	ours, err := g.answer(filepath.Join(dir, "ours"), filepath.Join(g.bin, "sshell"), p.ours, p, "s3://"+g.bucket+"/"+name,
		filepath.Join(g.objects, name), append(g.environ, mark))
	if err != nil {
		return verdict{wrong, err.Error()}
	}
	v := compare(ours, bash, p.signal != 0)
	if p.signal != 0 {
		v.why += fmt.Sprintf(" (%v after %v)", p.signal, p.after)
	}
	if rest := g.left(mark); rest != "" && v.kind != wrong {
		v = verdict{left, v.why + ": left: " + rest}
	}
	return v
}

// compare says whether an answer keeps the promise.
func compare(ours, bash *answer, signalled bool) verdict {
	line := ours.stderr + ours.said
	line, _, _ = strings.Cut(line[max(0, strings.Index(line, machinery)):], "\n")
	switch {
	case ours.late:
		return verdict{wrong, fmt.Sprintf("took more than %v; it had said: %.200q", patience, ours.stderr)}
	case ours.stdout == bash.stdout && slices.Equal(ours.files, bash.files) && ours.status == bash.status:
		return verdict{kind: equal}
	case ours.status != 0 && signalled && !ours.parts(bash):
		return verdict{interrupted, line}
	case ours.status != 0 && strings.Contains(ours.stderr+ours.said, machinery) && !ours.parts(bash):
		return verdict{told, line}
	}
	return verdict{wrong, fmt.Sprintf("status %d, in bash %d; stdout %.200q, in bash %.200q; files %.100q, in bash %.100q; it said %.300q",
		ours.status, bash.status, ours.stdout, bash.stdout, ours.files, bash.files, ours.stderr)}
}

// parts reports whether a file is there that is not whole. What a command said on its standard error is none.
func (a *answer) parts(bash *answer) bool {
	for i, text := range a.files[:len(a.files)-1] {
		if text != absent && text != bash.files[i] {
			return true
		}
	}
	return false
}

// answer runs a script in a new folder. objects is the folder where $STORE is found as files.
func (g *ground) answer(dir, shell, script string, p *pipeline, store, objects string, environ []string) (*answer, error) {
	if err := errors.Join(os.MkdirAll(dir, 0o777), os.MkdirAll(objects, 0o777), os.WriteFile(filepath.Join(dir, "in"), p.input, 0o666),
		os.WriteFile(filepath.Join(dir, "script"), []byte(script), 0o666)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, "script")
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C", "TZ=UTC", "TMPDIR=" + g.dir,
		"STORE=" + store}, environ...)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = parting
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Start()
	if err == nil {
		if p.signal != 0 {
			defer time.AfterFunc(p.after, func() { send(cmd.Process.Pid, p.signal) }).Stop()
		}
		err = cmd.Wait()
	}
	var exit *exec.ExitError
	if err != nil && ctx.Err() == nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return nil, fmt.Errorf("run %s: %w", shell, err)
	}
	a := &answer{stdout: stdout.String(), stderr: stderr.String(), status: cmd.ProcessState.ExitCode(), late: ctx.Err() != nil}
	for _, name := range watched {
		path := filepath.Join(dir, name)
		if stored, ok := strings.CutPrefix(name, "$STORE/"); ok {
			path = filepath.Join(objects, stored)
		}
		a.files = append(a.files, content(path))
	}
	said, _ := os.ReadFile(filepath.Join(dir, watched[len(watched)-1])) // there may be none
	a.said = string(said)
	return a, nil
}

// send sends a signal as it comes to a script: an interrupt from the terminal is everybody's.
func send(pid int, s syscall.Signal) {
	if s == syscall.SIGINT {
		pid = -pid
	}
	syscall.Kill(pid, s) // it may have ended
}

// absent stands for a file that is not there.
const absent = "none"

// machinery begins the lines that the machinery says itself.
const machinery = "sshell: "

// content is what a file holds but for lines of the machinery.
func content(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return absent
	}
	if filepath.Base(path) == watched[len(watched)-1] {
		lines := slices.DeleteFunc(strings.SplitAfter(string(data), "\n"), func(l string) bool { return strings.HasPrefix(l, machinery) })
		return "held " + strings.Join(lines, "")
	}
	return "held " + string(data)
}
