package flow

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sshell/remote"
)

// Bad input gets one line and a status, and nothing is run.
var bad = []struct {
	line   string
	says   string
	status int // of the last stage
}{
	{"split nosuch | parmap cat", "sshell: split: nosuch: no such file or directory", 125},
	{"split a nosuch | parmap cat", "sshell: split: nosuch: no such file or directory", 125},
	{"split . | parmap cat", "sshell: split: .: is a directory", 125},
	{"split a.gz | parmap cat", "sshell: split: a.gz: gzip data cannot be cut; use: zcat a.gz | split …", 125},
	{"split a a.gz | parmap cat", "sshell: split: a.gz: gzip data cannot be cut; use: zcat a.gz | split …", 125},
	{"split --format nosuch a | parmap cat", "sshell: split: --format: unknown format: nosuch (one of: bytes csv fasta fastq jsonl lines map nul sam)", 125},
	{"split --format fastq a | parmap cat", "sshell: split: a: no record start in 3.8 KiB (format fastq)", 125},
	{"split --record '(' a | parmap cat", "", 125},
	{"split -b 0 a | parmap cat", "sshell: split: -b: 0: a size is at least 1", 125},
	{"split -b -1 a | parmap cat", "sshell: split: -b: -1: a size cannot be negative", 125},
	{"split -b x a | parmap cat", "sshell: split: -b: x: not a size (a number and K, KB, KiB, M, MB, MiB … or b)", 125},
	{"split -b 1 -l 1 a | parmap cat", "sshell: split: -l: give one of -b, -C, -n, -l and -r", 125},
	{"split -n 0 a | parmap cat", "sshell: split: -n: 0: a size is at least 1", 125},
	{"split -n 3 | parmap cat", "sshell: split: standard input: a stream cannot be split into a number of chunks, since its size is not known; give a chunk size", 125},
	{"split --record x --format fastq a | parmap cat", "sshell: split: --format: give either --record or --format", 125},
	{"split -x a | parmap cat", "sshell: split: -x: unknown option", 125},
	{"split -b", "sshell: split: the next stage must be parmap, on the same target", 125},
	{"split a | sort", "sshell: split: the next stage must be parmap, on the same target", 125},
	{"split -b 1 a | parmap", "sshell: parmap: COMMAND is missing", 125},
	{"parmap", "sshell: parmap: COMMAND is missing", 125},
	{"parmap ::: a b", "sshell: parmap: COMMAND is missing", 125},
	{"parmap ''", "sshell: parmap: COMMAND is missing", 125},
	{"parmap --nosuch x ::: a", "sshell: parmap: --nosuch: unknown option", 125},
	{"parmap --j x ::: a", "sshell: parmap: --j: ambiguous option", 125},
	{"parmap -j x echo ::: a", "sshell: parmap: -j: x: not a number of tasks (N, +N, -N, N% or 0)", 125},
	{"parmap -j 1.5 echo ::: a", "sshell: parmap: -j: 1.5: not a number of tasks (N, +N, -N, N% or 0)", 125},
	{"parmap -k=1 echo ::: a", "sshell: parmap: -=: unknown option", 125},
	{"parmap --tag=1 echo ::: a", "sshell: parmap: --tag takes no argument", 125},
	{"parmap --joblog", "sshell: parmap: --joblog needs an argument", 125},
	{"parmap --halt later,fail=1 echo ::: a", "sshell: parmap: --halt: must begin with never, soon or now", 125},
	{"parmap --timeout x echo ::: a", "sshell: parmap: --timeout: x: not a duration (seconds, or a number and s, m, h or d)", 125},
	{"parmap --retries x echo ::: a", "sshell: parmap: --retries: x: not a number", 125},
	{"parmap --colsep ( echo ::: a", "sshell: parmap: --colsep: '(': bad regular expression: missing closing ): (", 125},
	{"parmap -d xy echo ::: a", "sshell: parmap: -d: xy: not one byte", 125},
	{"parmap -N x echo ::: a", "sshell: parmap: -N: x: not a number", 125},
	{"parmap -a nosuch echo", "sshell: parmap: nosuch: no such file or directory", 125},
	{"parmap echo :::: nosuch", "sshell: parmap: nosuch: no such file or directory", 125},
	{"parmap echo :::: .", "sshell: parmap: .: is a directory", 125},
	{"parmap echo :::+ a", "sshell: parmap: :::+ needs a source before it to go with", 125},
	{"parmap --resume echo ::: a", "sshell: parmap: --resume and --resume-failed need --joblog, or --resume --results", 125},
	{"parmap --joblog no/such echo ::: a", "sshell: parmap: joblog no/such: no such file or directory", 125},
	{"parmap --results x.csv echo ::: a", "sshell: parmap: --results: x.csv: results are files in a folder; a name may not end in .csv", 125},
	{"parmap --results a echo ::: a", "sshell: parmap: task 1: make folder for results: mkdir $PWD/a: not a directory", 125},
	{"parmap --role-var a-b echo ::: a", "sshell: parmap: --role-var: a-b: not a variable's name", 125},
	{"parmap --halve echo ::: a", "sshell: parmap: --halve needs chunks and --timeout", 125},
	{"parmap --strict -u echo ::: a", "sshell: parmap: --strict holds output back, -u and --line-buffer do not", 125},
	{"parmap --pipe cat ::: a", "sshell: parmap: arguments and chunks do not go together: give either :::, :::: or -a or --pipe", 125},
	{"split a | parmap cat ::: b", "sshell: parmap: arguments and chunks do not go together: give either :::, :::: or -a or split", 125},
	{"parmap --block 3 cat", "sshell: parmap: --block and formats need --pipe", 125},
	{"parmap --memory 0 echo ::: a", "sshell: parmap: --memory: 0: must be at least 1", 125},
	{"parmap 'echo (' ::: a", "sshell: parmap: echo (: syntax error: ", 125},
	{"parmap 'x{}() { :; }' ::: a", "sshell: parmap: x{}() { :; }: a replacement string stands where no value can", 125},
	{"parmap nosuch ::: 1 2 3 4 5", "sshell: parmap: nosuch: command not found", 127},
	{"parmap ./nosuch ::: 1 2 3 4 5", "sshell: parmap: ./nosuch: no such file or directory", 127},
	{"parmap 'nosuch {} x' ::: 1 2 3 4 5", "sshell: parmap: nosuch: command not found", 127},
	{"parmap ./a ::: 1 2 3 4 5", "sshell: parmap: ./a: permission denied", 126},
	{"parmap . ::: 1 2 3 4 5", "", 5},
	{"split -b 1 a | parmap nosuch", "sshell: parmap: nosuch: command not found", 127},
	{"parmap {} x ::: nosuch /bin/true", "sshell: parmap: task 1: nosuch: command not found", 1},
	{"parmap 'echo $(({} + 1))' ::: 'a[$(touch canary)]'", "sshell: parmap: task 1: 'a[$(touch canary)]': not a number, where one is needed", 1},
	{"parmap --timeout 0.1 sleep ::: 5", "sshell: parmap: task 1: timed out after ", 1},
	{"split a | parmap --timeout 0.1 sleep 5", "sshell: parmap: task 1 (a, bytes 0 to 3893): timed out after ", 1},
	{"reduce", "sshell: reduce: COMMAND is missing", 125},
	{"reduce --tree=1 cat", "sshell: reduce: --tree: 1: not a number from 2 on", 125},
	{"reduce --by x cat", "sshell: reduce: --by: x: a key is FIELD[.CHAR][LETTERS], numbers from 1", 125},
	{"reduce --by 1 -p 0 cat", "sshell: reduce: -p: 0: must be at least 1", 125},
	{"reduce -p 2 cat", "sshell: reduce: -p needs --by", 125},
	{"reduce --tree --by 1 cat", "sshell: reduce: give either --tree or --by", 125},
	{"reduce nosuch", "sshell: nosuch: command not found", 127},
	{"parmap echo ::: 1 | reduce --tree nosuch", "sshell: reduce: nosuch: command not found", 127},
	{"on", "sshell: on: TARGET is missing", 125},
	{"on local", "sshell: on: COMMAND is missing", 125},
	{"on local --nosuch x", "sshell: on: --nosuch: unknown option", 125},
	{"on local nosuch x", "sshell: nosuch: command not found", 127},
	{"on local --timeout 0.1 sleep 5", "sshell: timed out after 100ms", 124},
	{"nosuch", "sshell: nosuch: command not found", 127},
	{"cat nosuch | nosuch", "", 127},
}

func TestBadInput(t *testing.T) {
	for _, c := range bad {
		t.Run(c.line, func(t *testing.T) {
			b := chunkBench(t)
			os.Chmod(filepath.Join(b.dir, "a"), 0o644)
			b.file("a.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xe4\x02\x00\x07\xa1\xea\xdd\x02\x00\x00\x00")
			defer checkLeaks(t, b)()
			got := b.run(c.line)
			says := strings.ReplaceAll(c.says, "$PWD", b.dir)
			if !strings.HasPrefix(got.err, says) || got.last() != c.status || got.out != "" || got.fault != nil {
				t.Errorf("stderr %q, stdout %q, statuses %v, %v, want %q, %d", got.err, got.out, got.statuses, got.fault, says, c.status)
			}
			if says != "" && (strings.Count(got.err, "\n") != 1 || !strings.HasSuffix(got.err, "\n")) {
				t.Errorf("not one line: %q", got.err)
			}
		})
	}
}

// readLine reads a line from a pipe, closes it and returns how the segment that writes to it ended, which it must do at once.
func (b *bench) readLine(line string) (string, answer) {
	b.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Close()
	ended := make(chan answer)
	errs, readErrs := b.collector()
	go func() {
		ended <- b.runTo(context.Background(), line, w, errs)
		w.Close()
	}()
	first, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		b.t.Errorf("%s: read a line: %v", line, err)
	}
	r.Close()
	select {
	case a := <-ended:
		errs.Close()
		a.err = readErrs()
		return first, a
	case <-time.After(20 * time.Second):
		b.t.Fatalf("%s: still runs though its reader left", line)
	}
	return "", answer{}
}

// A reader that leaves stops the workers.
func TestReaderLeaves(t *testing.T) {
	for _, line := range []string{
		"parmap 'echo {}; sleep 1000' ::: 1 2 3 4",
		"parmap -j1 'echo {}; sleep 1000' ::: 1 2 3 4",
		"parmap -j2 'echo {}; test {} = 1 || sleep 1000' ::: 1 2 3 4",
		"parmap yes ::: 1 2 3",
		"parmap -u 'echo {}; yes' ::: 1 2 3",
		"parmap --line-buffer 'echo {}; yes' ::: 1 2 3",
		"parmap --tag 'echo {}; yes' ::: 1 2 3",
		"split -b 20 a | parmap 'cat; yes'",
		"split -b 20 | parmap 'cat; yes'",
		"parmap yes ::: 1 2 3 | cat",
		"parmap yes ::: 1 2 3 | parmap --pipe --block 10 'cat; yes'",
		"parmap echo ::: 1 | reduce --tree 'cat; yes'",
		"parmap echo ::: 1 | reduce --by 1 'cat; yes'",
		"reduce --by 1 'cat; yes'",
	} {
		t.Run(line, func(t *testing.T) {
			b := chunkBench(t)
			defer checkLeaks(t, b)()
			first, got := b.readLine(line)
			if got.last() != 141 || strings.Contains(got.err, "sshell:") || got.fault != nil {
				t.Errorf("statuses %v, %v, stderr %q after reading %q", got.statuses, got.fault, got.err, first)
			}
		})
	}
}

// One that never reads stops nobody who does not write.
func TestReaderLeavesSilentTasks(t *testing.T) {
	b := newBench(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	got := b.runTo(t.Context(), "parmap touch {} ::: x y z", w, os.Stderr)
	if got.last() != 0 {
		t.Errorf("status %d", got.last())
	}
	for _, name := range []string{"x", "y", "z"} {
		b.read(name)
	}
}

// The end of the context stops everything at once.
func TestInterrupt(t *testing.T) {
	for _, line := range []string{
		"parmap 'echo {}; touch started; sleep 1000' ::: 1 2 3",
		"parmap 'touch started; sleep 1000 & sleep 1000' ::: 1 2 3",
		"split -b 20 a | parmap 'touch started; sleep 1000'",
		"split -b 20 | parmap 'cat; touch started; sleep 1000'",
		"parmap --retries 0 'touch started; false {}' ::: 1",
		"parmap echo ::: 1 | reduce --tree 'touch started; sleep 1000'",
		"parmap echo ::: 1 | reduce --by 1 'touch started; sleep 1000'",
		"on local 'touch started; sleep 1000'",
		"parmap 'touch started; yes' ::: 1",
	} {
		t.Run(line, func(t *testing.T) {
			b := chunkBench(t)
			defer checkLeaks(t, b)()
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				defer cancel()
				for ctx.Err() == nil {
					if _, err := os.Stat(filepath.Join(b.dir, "started")); err == nil {
						return
					}
					time.Sleep(time.Millisecond)
				}
			}()
			start := time.Now()
			got := b.runContext(ctx, line)
			if !errors.Is(got.fault, context.Canceled) || got.err != "" {
				t.Errorf("statuses %v, %v, stderr %q", got.statuses, got.fault, got.err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// An end of the context while input is slow to come, or output slow to leave, is seen as well.
func TestInterruptWhileBlocked(t *testing.T) {
	for _, line := range []string{"parmap echo", "split | parmap cat", "parmap --pipe cat", "reduce --by 1 cat", "on local cat"} {
		b := newBench(t)
		done := checkLeaks(t, b)
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		b.input = r
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if got := b.runContext(ctx, line); !errors.Is(got.fault, context.DeadlineExceeded) {
			t.Errorf("%s: statuses %v, %v", line, got.statuses, got.fault)
		}
		cancel()
		r.Close()
		w.Close()
		b.input = nil
		done()
	}
	for _, line := range []string{"parmap yes ::: 1 2", "parmap 'head -c 1000000 /dev/zero # {}' ::: 1 2", "parmap --tag yes ::: 1 2"} {
		b := newBench(t)
		done := checkLeaks(t, b)
		r, w, err := os.Pipe() // nobody reads
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if got := b.runTo(ctx, line, w, os.Stderr); !errors.Is(got.fault, context.DeadlineExceeded) {
			t.Errorf("%s: statuses %v, %v", line, got.statuses, got.fault)
		}
		cancel()
		r.Close()
		w.Close()
		done()
	}
}

func TestFullDisk(t *testing.T) {
	for _, line := range []string{"parmap 'echo {}' ::: 1 2 3", "split -b 100 a | parmap cat", "parmap --tag echo ::: 1", "parmap --line-buffer 'echo {}' ::: 1"} {
		b := chunkBench(t)
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		done := checkLeaks(t, b)
		errs, read := b.collector()
		got := b.runTo(t.Context(), line, full, errs)
		errs.Close()
		if text := read(); text != "sshell: parmap: write output: no space left on device\n" || got.last() != 125 {
			t.Errorf("%s: statuses %v, %v, stderr %q", line, got.statuses, got.fault, text)
		}
		done()
		full.Close()
	}
}

// flaky loses and delays attempts by seed: before they run, after they ran in part, and after they ran.
type flaky struct {
	remote.Runner
	mu   sync.Mutex
	rnd  *rand.Rand
	lost int
}

func (f *flaky) Run(ctx context.Context, t *remote.Task, s remote.Streams) (*remote.Result, error) {
	f.mu.Lock()
	fate, pause := f.rnd.IntN(6), time.Duration(f.rnd.Int64N(int64(10*time.Millisecond)))
	if t.Attempt > 1 {
		fate = 5
	}
	if fate < 3 {
		f.lost++
	}
	f.mu.Unlock()
	time.Sleep(pause)
	lost := fmt.Errorf("connection reset: %w", remote.ErrLost)
	switch fate {
	case 0:
		return nil, lost
	case 1:
		fmt.Fprintf(s.Stdout, "a part of task %d\n", t.ID)
		return nil, lost
	case 2:
		f.Runner.Run(ctx, t, s)
		return nil, lost
	}
	return f.Runner.Run(ctx, t, s)
}

// Attempts that are lost change nothing about what comes out.
func TestLostAttempts(t *testing.T) {
	for seed := range uint64(2) {
		for _, c := range []struct{ line, bash string }{
			{"split -b 900 a | parmap -j4 --retries 2 cat", "cat a"},
			{"split -b 900 | parmap -j4 --retries 2 cat", "cat a"},
			{"parmap -j4 --retries 2 /bin/echo ::: 1 2 3 4", "seq 4"},
			{"split -b 900 a | parmap -j4 --retries 2 wc -l | reduce --tree=2 awk '{ n += $1 } END { print n }'", "wc -l < a"},
		} {
			b := chunkBench(t)
			done := checkLeaks(t, b)
			f := &flaky{rnd: rand.New(rand.NewPCG(seed, 7))}
			b.wrap = func(r remote.Runner) remote.Runner {
				f.Runner = r
				return f
			}
			got := b.run(c.line)
			want, _ := b.bash(c.bash)
			if strings.Contains(c.line, "--tree") && strings.Contains(got.err, errPassed.Error()) {
				done()
				continue // the result is passed on as it comes; that it cannot be taken back was said
			}
			if got.out != want || got.last() != 0 || got.err != "" {
				t.Errorf("seed %d: %s: printed %.300q, statuses %v, stderr %q, want %.300q", seed, c.line, got.out, got.statuses, got.err, want)
			}
			done()
		}
	}
}

// What was passed on cannot be taken back, and that is said.
func TestLostAfterOutput(t *testing.T) {
	b := newBench(t)
	seen := make(chan struct{})
	b.wrap = func(remote.Runner) remote.Runner { return loser{seen} }
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		bufio.NewReader(r).ReadString('\n')
		close(seen)
	}()
	errs, read := b.collector()
	got := b.runTo(t.Context(), "parmap /bin/echo ::: 1", w, errs)
	errs.Close()
	w.Close()
	r.Close()
	const want = "sshell: parmap: task 1: part of its output has been passed on and cannot be taken back\n"
	if text := read(); got.last() != 125 || text != want {
		t.Errorf("statuses %v, stderr %q, want %q", got.statuses, text, want)
	}
}

// loser loses an attempt after its output was seen.
type loser struct{ seen chan struct{} }

func (l loser) Run(_ context.Context, _ *remote.Task, s remote.Streams) (*remote.Result, error) {
	fmt.Fprintln(s.Stdout, "half")
	<-l.seen
	return nil, remote.ErrLost
}
