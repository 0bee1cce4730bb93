package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lab is where figures are measured: a folder of their own, the program, and the data made so far.
type lab struct {
	ctx    context.Context
	dir    string
	sshell string
	scale  float64
	reads  map[int64]file // by the size asked for
}

// file is data that commands read.
type file struct {
	name    string
	size    int64
	records int64
}

// command is a program to run: its output is thrown away, its standard input is a file or empty.
type command struct {
	argv  []string
	stdin string
}

func (l *lab) ours(script string, stdin string) command {
	return command{[]string{l.sshell, "-c", script}, stdin}
}

func bash(script string) command { return command{argv: []string{"bash", "-c", script}} }

// scaled multiplies an amount by the scale, and leaves at least one.
func (l *lab) scaled(amount int64) int64 {
	return max(1, int64(float64(amount)*l.scale))
}

// readsFile gives a file of about size bytes of FASTQ, made at first use.
func (l *lab) readsFile(size int64) (file, error) {
	if f, ok := l.reads[size]; ok {
		return f, nil
	}
	f := file{name: filepath.Join(l.dir, fmt.Sprintf("reads-%d.fastq", size))}
	var err error
	if f.records, f.size, err = createReads(f.name, size); err != nil {
		return file{}, err
	}
	if l.reads == nil {
		l.reads = map[int64]file{}
	}
	l.reads[size] = f
	return f, nil
}

// numbersFile gives a file of the numbers from 1 to n, a line each.
func (l *lab) numbersFile(n int64) (string, error) {
	name := filepath.Join(l.dir, fmt.Sprintf("numbers-%d", n))
	var text []byte
	for i := range n {
		text = append(strconv.AppendInt(text, i+1, 10), '\n')
	}
	return name, os.WriteFile(name, text, 0o666)
}

// run runs a command once, its output to out (nil: nowhere), and tells how long it took from its start to its end.
func (l *lab) run(c command, out io.Writer) (time.Duration, error) {
	// A file, not a pipe: to drain one would cost time beside the shortest commands.
	complaint, err := os.Create(filepath.Join(l.dir, "stderr"))
	if err != nil {
		return 0, err
	}
	defer complaint.Close()
	cmd := exec.CommandContext(l.ctx, c.argv[0], c.argv[1:]...)
	cmd.Stderr = complaint
	cmd.Stdout = out
	// An interrupted command may have workers and files to put away.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	// Nobody's configuration and no earlier state of the programs takes part.
	cmd.Env = append(os.Environ(), "HOME="+l.dir, "XDG_DATA_HOME="+l.dir, "XDG_CONFIG_HOME="+l.dir, "TMPDIR="+l.dir, "PARALLEL_HOME="+l.dir)
	if c.stdin != "" {
		in, err := os.Open(c.stdin)
		if err != nil {
			return 0, err
		}
		defer in.Close()
		cmd.Stdin = in
	}
	began := time.Now()
	err = cmd.Run()
	took := time.Since(began)
	if err != nil {
		said, _ := os.ReadFile(complaint.Name())
		return 0, fmt.Errorf("run %s: %w: %s", strings.Join(c.argv, " "), err, bytes.TrimSpace(said))
	}
	return took, nil
}

// verify runs a command whose output must be the file's bytes. A wrong answer has no speed.
func (l *lab) verify(c command, name string) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	want, got := sha256.New(), sha256.New()
	if _, err := io.Copy(want, in); err != nil {
		return err
	}
	if _, err := l.run(c, got); err != nil {
		return err
	}
	if !bytes.Equal(want.Sum(nil), got.Sum(nil)) {
		return fmt.Errorf("run %s: the output is not the input", strings.Join(c.argv, " "))
	}
	return nil
}

// timed makes a function for figure.Duel that runs a command.
func (l *lab) timed(c command) func() (time.Duration, error) {
	return func() (time.Duration, error) { return l.run(c, nil) }
}

// peak is the most memory, in KiB, that a command had resident. GNU time stands between, because the kernel counts for a
// child what its parent had when it forked, and time is smaller than anything measured here. The number is the larger of
// the command's own and its largest child's, and so never less than the client's.
func (l *lab) peak(c command) (int64, error) {
	report := filepath.Join(l.dir, "peak")
	c.argv = append([]string{"/usr/bin/time", "-o", report, "-f", "%M"}, c.argv...)
	if _, err := l.run(c, nil); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return 0, err
	}
	kib, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read peak memory: %w", err)
	}
	if kib == 0 {
		return 0, errors.New("read peak memory: the kernel says nothing")
	}
	return kib, nil
}
