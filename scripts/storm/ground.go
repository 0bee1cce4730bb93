package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ground is where the pipelines of one group run: services that fail by the group's seed.
type ground struct {
	bin     string
	dir     string
	environ []string
	bucket  string // its name
	objects string // the folder that holds the bucket's objects as files
	emulate *exec.Cmd
	told    map[string]bool // what was left by pipelines before
}

// openGround starts the services.
func openGround(o options, seed uint64) (*ground, error) {
	dir, err := os.MkdirTemp("", "storm-")
	if err != nil {
		return nil, err
	}
	g := &ground{bin: o.bin, dir: dir, told: make(map[string]bool)}
	g.emulate = exec.Command(filepath.Join(o.bin, "sshellctl"), "emulate", "--dir", filepath.Join(dir, "s3"),
		"--logs", filepath.Join(dir, "logs"), "--faults", strconv.FormatUint(seed, 10), "--fault-rate", o.rate)
	if o.kinds != "" {
		g.emulate.Args = append(g.emulate.Args, "--fault-kinds", o.kinds)
	}
	var stderr bytes.Buffer
	g.emulate.Stderr = &stderr
	out, err := g.emulate.StdoutPipe()
	if err == nil {
		err = g.emulate.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		entry, ok := strings.CutPrefix(lines.Text(), "export ")
		if !ok { // the last line
			break
		}
		g.environ = append(g.environ, entry)
		if name, ok := strings.CutPrefix(entry, "SSHELL_BUCKET="); ok {
			g.bucket, g.objects = name, filepath.Join(dir, "s3", name)
		}
	}
	if g.bucket == "" {
		err := g.close()
		return nil, errors.Join(fmt.Errorf("no function was deployed: %s", stderr.String()), err)
	}
	return g, nil
}

// close stops the services. It is an error if they do not stop well, or leave a process.
func (g *ground) close() error {
	g.emulate.Process.Signal(syscall.SIGTERM)
	err := g.emulate.Wait()
	if err != nil {
		err = fmt.Errorf("stop the emulator: %w", err)
	}
	return errors.Join(err, os.RemoveAll(g.dir))
}

// answer is what a shell made of a pipeline.
type answer struct {
	stdout, stderr string
	status         int
	file, object   string // what out and $STORE/out hold
	late           bool   // it had to be killed
}

// verdict is what is to be said of a pipeline.
type verdict struct {
	told  bool   // it failed, and said so
	wrong string // how it broke the promise; empty if it kept it
	line  string // what it said
}

func (v *verdict) count(t *tally) *int {
	if v.told {
		return &t.told
	}
	return &t.equal
}

func (v *verdict) what() string {
	if v.told {
		return "failed: " + v.line
	}
	return "as in bash"
}

// patience is how long a pipeline may take: those without faults take two seconds. A function that was killed while it was
// given a time of 50 s is known to be gone when that is over.
const patience = 3 * time.Minute

// parting is how long the last of a pipeline may stay behind it: functions look for their end every 2 s.
const parting = 15 * time.Second

// judge runs a pipeline by bash and by the shell under test.
func (g *ground) judge(p *pipeline, number int) *verdict {
	dir := filepath.Join(g.dir, strconv.Itoa(number))
	mark := fmt.Sprintf("STORM=%s", dir)
	bash, err := g.answer(filepath.Join(dir, "bash"), "bash", p.bash, p.input, filepath.Join(dir, "store"),
		filepath.Join(dir, "store"), nil)
	if err != nil {
		return &verdict{wrong: err.Error()}
	}
	name := fmt.Sprintf("data/%d", number)
	ours, err := g.answer(filepath.Join(dir, "ours"), filepath.Join(g.bin, "sshell"), p.ours, p.input, "s3://"+g.bucket+"/"+name,
		filepath.Join(g.objects, name), append(g.environ, mark))
	if err != nil {
		return &verdict{wrong: err.Error()}
	}
	v := compare(ours, bash)
	if left := g.left(mark); left != "" && v.wrong == "" {
		v.wrong = "left: " + left
	}
	return v
}

// compare says whether an answer keeps the promise.
func compare(ours, bash *answer) *verdict {
	line, _, _ := strings.Cut(ours.stderr, "\n")
	same := ours.stdout == bash.stdout && ours.file == bash.file && ours.object == bash.object
	switch {
	case ours.late:
		return &verdict{wrong: fmt.Sprintf("took more than %v; it had said: %.200q", patience, ours.stderr)}
	case same && ours.status == bash.status:
		return &verdict{}
	case ours.status != 0 && strings.Contains(ours.stderr, "sshell: "):
		return &verdict{told: true, line: line}
	}
	return &verdict{wrong: fmt.Sprintf("status %d, in bash %d; output of %d, %d, %d bytes, in bash %d, %d, %d; stdout %.200q, in bash %.200q; it said %.300q",
		ours.status, bash.status, len(ours.stdout), len(ours.file), len(ours.object), len(bash.stdout), len(bash.file), len(bash.object),
		ours.stdout, bash.stdout, ours.stderr)}
}

// answer runs a script in a new folder. objects is the folder where $STORE is found as files.
func (g *ground) answer(dir, shell, script string, input []byte, store, objects string, environ []string) (*answer, error) {
	if err := errors.Join(os.MkdirAll(dir, 0o777), os.MkdirAll(objects, 0o777), os.WriteFile(filepath.Join(dir, "in"), input, 0o666),
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
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && ctx.Err() == nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return nil, fmt.Errorf("run %s: %w", shell, err)
	}
	a := &answer{stdout: stdout.String(), stderr: stderr.String(), status: cmd.ProcessState.ExitCode(), late: ctx.Err() != nil}
	a.file, a.object = content(filepath.Join(dir, "out")), content(filepath.Join(objects, "out"))
	return a, nil
}

// content is what a file holds, or that there is none.
func content(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "none"
	}
	return "held " + string(data)
}

// left waits for the last of a pipeline to go, and says what stays: objects of its runs, and processes. What it has said of an
// earlier pipeline it does not say again.
func (g *ground) left(mark string) string {
	var left []string
	for end := time.Now().Add(parting); ; time.Sleep(50 * time.Millisecond) {
		left = slices.DeleteFunc(append(g.leftObjects(), leftProcesses(mark)...), func(name string) bool { return g.told[name] })
		if len(left) == 0 || time.Now().After(end) {
			break
		}
	}
	for _, name := range left {
		g.told[name] = true
	}
	return strings.Join(left, ", ")
}

// leftObjects lists what is in the bucket under tmp/.
func (g *ground) leftObjects() []string {
	var names []string
	filepath.WalkDir(filepath.Join(g.objects, "tmp"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() { // what is being removed meanwhile is not left
			names = append(names, strings.TrimPrefix(path, g.objects+"/"))
		}
		return nil
	})
	return names
}

// leftProcesses lists processes with the variable mark in their environment.
func leftProcesses(mark string) []string {
	var list []string
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return []string{err.Error()}
	}
	for _, f := range files {
		env, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"\x00")) {
			continue
		}
		command, err := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
		if err == nil && len(command) > 0 { // one that has ended has none
			list = append(list, "process "+filepath.Base(filepath.Dir(f))+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return list
}
