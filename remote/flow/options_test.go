package flow

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sshell/remote"
)

// times is what differs between two runs of the same tasks.
var times = regexp.MustCompile(`(?m)^(\d+\t:\t)\d{10}\.\d{3}\t *\d+\.\d{3}\t`)

func TestJoblogSameAsParallels(t *testing.T) {
	for _, args := range []string{
		"'echo {}; exit {}' ::: 0 1 2", "-j1 echo ::: 'a b' '$x' it", "./die ::: 1", "--timeout 1 sleep ::: 9 0",
		"--retries 3 'echo {}; exit {}' ::: 2 0", "-u echo ::: a", "--tag echo ::: a b", "--pipe -N2 cat", "--colsep , echo {2} ::: a,b",
		"'echo a\necho {}' ::: 1",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.file("die", "#!/bin/sh\nkill -9 $$\n")
			b.stdin = "1\n2\n3\n"
			got := b.run("parmap -j1 --joblog ours " + args)
			b.bash("parallel --will-cite -j1 --joblog theirs " + bashQuoted("x "+args) + " 2>err")
			for _, name := range []string{"ours", "theirs"} {
				if lines := strings.Count(b.read(name), "\n"); lines < 2 || len(times.FindAllString(b.read(name), -1)) != lines-1 {
					t.Errorf("%s is no joblog:\n%s\n%s", name, b.read(name), got.err)
				}
			}
			ours, theirs := times.ReplaceAllString(b.read("ours"), "$1"), times.ReplaceAllString(b.read("theirs"), "$1")
			if strings.Contains(args, "-u") { // parallel does not see these bytes either
				theirs = strings.Replace(theirs, "\t0\t0\t0\t0\t", "\t0\t0\t0\t0\t", 1)
			}
			if ours != theirs {
				t.Errorf("joblog\n%s\nparallel's\n%s", ours, theirs)
			}
		})
	}
}

// A run that goes on from a joblog, ours or parallel's, does what parallel does.
func TestResume(t *testing.T) {
	const log = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n" +
		"1\t:\t1.000\t     0.000\t0\t0\t1\t0\techo 1\n3\t:\t1.000\t     0.000\t0\t0\t0\t9\techo 3\n2\t:\t1.000\t     0.000\t0\t0\t0\t0\techo 2\n"
	for _, how := range []string{"--resume", "--resume-failed"} {
		b := newBench(t)
		b.file("ours", log)
		b.file("theirs", log)
		got := b.run("parmap -j1 --joblog ours " + how + " echo ::: a b c d e")
		want, _ := b.bash("parallel --will-cite -k -j1 --joblog theirs " + how + " echo ::: a b c d e")
		if got.out != want || got.last() != 0 {
			t.Errorf("%s printed %q, parallel %q", how, got.out, want)
		}
		ours, theirs := times.ReplaceAllString(b.read("ours"), "$1"), times.ReplaceAllString(b.read("theirs"), "$1")
		if ours != theirs {
			t.Errorf("%s: joblog\n%s\nparallel's\n%s", how, ours, theirs)
		}
		again := b.run("parmap --joblog ours " + how + " echo ::: a b c d e")
		if again.out != "" {
			t.Errorf("%s: the second time it printed %q", how, again.out)
		}
	}
	b := newBench(t)
	b.file("+x", "")
	b.run("parmap --joblog x echo ::: 1")
	b.run("parmap --joblog +x echo ::: 2")
	if lines := strings.Count(b.read("x"), "\n"); lines != 3 {
		t.Errorf("%d lines after adding to a joblog:\n%s", lines, b.read("x"))
	}
}

// filesUnder lists the files under a folder with what they hold.
func filesUnder(t *testing.T, dir string) []string {
	var list []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		list = append(list, rel+": "+string(text))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	slices.Sort(list)
	return list
}

func TestResultsSameAsParallels(t *testing.T) {
	for _, args := range []string{
		"'echo {}; echo e >&2' ::: a 'b c' '$x'", "echo ::: a/b 'x\\y' ::: 1 2", "echo ::: '' . x", "-N2 echo ::: a b c",
		"--colsep , echo ::: a,b c,d",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			got := b.run("parmap -j1 --results ours " + args)
			want, status := b.bash("parallel --will-cite -j1 --results theirs " + bashQuoted("x "+args))
			ours, theirs := filesUnder(t, b.dir+"/ours"), filesUnder(t, b.dir+"/theirs")
			if !slices.Equal(ours, theirs) || got.out != want || got.last() != status {
				t.Errorf("files %q, printed %q, parallel's %q, %q", ours, got.out, theirs, want)
			}
		})
	}
	for _, name := range []string{"x-{}", "x/{1}/", "x/{.}-{#}"} {
		b := newBench(t)
		for i, args := range []string{"parmap -j1 --results ours/", "parallel --will-cite -j1 --results theirs/"} {
			line := args + name + " echo ::: a.b c"
			if i == 0 {
				b.run(line)
			} else {
				b.bash(strings.ReplaceAll(line, name, "'"+name+"'"))
			}
		}
		if ours, theirs := filesUnder(t, b.dir+"/ours"), filesUnder(t, b.dir+"/theirs"); !slices.Equal(ours, theirs) {
			t.Errorf("%s: files %q, parallel's %q", name, ours, theirs)
		}
	}
}

func TestResultsStayInTheirFolder(t *testing.T) {
	b := newBench(t)
	b.run("parmap --results in/side 'echo {}' ::: .. ../.. a")
	for _, line := range filesUnder(t, b.dir) {
		if !strings.HasPrefix(line, "in/side/1/") {
			t.Errorf("results outside of their folder: %s", line)
		}
	}
	again := b.run("parmap --results in/side --resume 'echo {} >&2' ::: .. ../.. a b")
	if again.err != "" || !strings.Contains(b.read("in/side/1/b/stderr"), "b") || strings.Contains(b.read("in/side/1/a/stderr"), "a") {
		t.Errorf("the run that went on printed %q, files %q", again.err, filesUnder(t, b.dir))
	}
	chunks := newBench(t)
	chunks.file("a", "1\n2\n3\n")
	chunks.run("split -b 2 a | parmap --results r cat")
	if got := filesUnder(t, chunks.dir+"/r"); len(got) != 9 || got[2] != "1/0/stdout: 1\n" {
		t.Errorf("results of chunks: %q", got)
	}
}

func TestStrict(t *testing.T) {
	b := newBench(t)
	if got := b.run("parmap --strict 'echo {}; exit {}' ::: 0 3 0"); got.out != "" || got.last() != 1 {
		t.Errorf("printed %q, status %d though a task failed", got.out, got.last())
	}
	if got := b.run("parmap --strict 'echo {}; exit {}' ::: 0 00 000"); got.out != "0\n00\n000\n" || got.last() != 0 {
		t.Errorf("printed %q, status %d", got.out, got.last())
	}
}

// A chunk that takes too long is cut at a record until its parts do not.
func TestHalve(t *testing.T) {
	for _, line := range []string{"split -b 100 a | parmap", "split -b 100 | parmap", "parmap --pipe --block 100"} {
		b := newBench(t)
		b.stdin = numbers(1, 30)
		b.file("a", b.stdin)
		done := checkLeaks(t, b)
		// A chunk of more than eight lines sleeps.
		b.file("slow", "#!/bin/sh\nx=$(cat)\nn=$(echo \"$x\" | wc -l)\ntest $n -le 8 || exec sleep 1000\necho \"$x\"\n")
		got := b.run(line + " --timeout 1 --halve --joblog log ./slow")
		if got.out != b.stdin || got.last() != 0 || strings.Contains(got.err, "sshell") {
			t.Errorf("%s: printed %q, statuses %v, stderr %q", line, got.out, got.statuses, got.err)
		}
		if lines := strings.Count(b.read("log"), "\n"); lines != 2 || !strings.Contains(b.read("log"), "\t81\t81\t0\t0\t") {
			t.Errorf("%s: joblog\n%s", line, b.read("log"))
		}
		got = b.run("split -r 6 a | parmap -j30 --timeout 0.1 --halve sleep 1000")
		if got.last() != 30 || !strings.Contains(got.err, "timed out after") {
			t.Errorf("records that cannot be halved: statuses %v, stderr %q", got.statuses, got.err)
		}
		done()
	}
}

func TestStderr(t *testing.T) {
	b := newBench(t)
	if got := b.run("parmap -j1 'echo {}; echo e{} >&2' ::: 1 2"); got.err != "e1\ne2\n" || got.out != "1\n2\n" {
		t.Errorf("stdout %q, stderr %q", got.out, got.err)
	}
	if got := b.run("parmap -j1 --tag 'echo {}; printf e{} >&2' ::: 1 2"); got.err != "1\te12\te2" || got.out != "1\t1\n2\t2\n" {
		t.Errorf("tagged stdout %q, stderr %q", got.out, got.err)
	}
	// With 2>&1 both are one stream, in order.
	out, read := b.collector()
	got := b.runTo(t.Context(), "parmap -j3 'sleep 0.{}; echo {}; echo e{} >&2' ::: 3 2 1", out, out)
	out.Close()
	if text := read(); text != "3\ne3\n2\ne2\n1\ne1\n" || got.last() != 0 {
		t.Errorf("one stream %q", text)
	}
	// Standard error is passed on while a task runs.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.runTo(ctx, "parmap -j2 'echo {} >&2; sleep 1000' ::: 1 2", os.Stdout, w)
		w.Close()
	}()
	buf := make([]byte, 100)
	if n, err := r.Read(buf); err != nil || n == 0 {
		t.Errorf("read of standard error: %v", err)
	}
	cancel()
	<-ended
}

func TestRunnerOptions(t *testing.T) {
	b := newBench(t)
	var limits remote.Limits
	b.wrap = func(r remote.Runner) remote.Runner { return spy{r, &limits} }
	b.run("on local --isolate --once --memory 64 --timeout 1m --with a --with b --return c* --env X cat")
	want := RunnerOptions{Isolate: true, Once: true, With: []string{"a", "b"}, Return: []string{"c*"}, Env: []string{"X"}, Dir: b.dir}
	if got := b.asked[0]; !slices.Equal(got.With, want.With) || !slices.Equal(got.Return, want.Return) || !slices.Equal(got.Env, want.Env) ||
		got.Isolate != want.Isolate || got.Once != want.Once || got.Dir != want.Dir {
		t.Errorf("runner was asked for %+v, want %+v", got, want)
	}
	if limits.Memory != 64<<20 || limits.Timeout.Minutes() != 1 {
		t.Errorf("limits %+v", limits)
	}
}

type spy struct {
	remote.Runner
	limits *remote.Limits
}

func (s spy) Run(ctx context.Context, t *remote.Task, streams remote.Streams) (*remote.Result, error) {
	*s.limits = t.Limits
	return s.Runner.Run(ctx, t, streams)
}

func TestProcs(t *testing.T) {
	for _, c := range []struct {
		o     mapOptions
		cores int
		want  int
	}{
		{mapOptions{}, 8, 8}, {mapOptions{procs: 4}, 8, 8}, {mapOptions{procs: 16}, 8, 16},
		{mapOptions{procs: 2, jobs: jobs{given: true, n: 3}}, 8, 6}, {mapOptions{jobs: jobs{given: true, percent: 50}}, 8, 4},
		{mapOptions{jobs: jobs{given: true, n: -10, plus: true}}, 8, 1}, {mapOptions{jobs: jobs{given: true, n: 2, plus: true}}, 8, 10},
		{mapOptions{jobs: jobs{given: true, all: true}}, 8, maxSlots},
	} {
		if got := c.o.slots(c.cores); got != c.want {
			t.Errorf("%+v on %d cores: %d at a time, want %d", c.o.jobs, c.cores, got, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	b := chunkBench(t)
	for _, c := range []struct{ line, want string }{
		{"split -b 1000 a b | parmap cat", "tasks 6, chunks of about 1000 B, 5.7 KiB, lines; at a time 2"},
		{"split --format fastq b | parmap -j5 cat", "tasks 1, chunks of about 1 MiB, 1.9 KiB, fastq; at a time 5"},
		{"split -n 3 a | parmap cat", "tasks 3, 3.8 KiB, lines; at a time 2"},
		{"split -r 3 a | parmap cat", "tasks as records are counted, chunks of 3 records, 3.8 KiB, lines; at a time 2"},
		{"split | parmap cat", "tasks as a stream comes, chunks of about 10 MiB, lines; at a time 2"},
		{"parmap --pipe cat", "tasks as a stream comes, chunks of about 10 MiB, lines; at a time 2"},
		{"parmap echo ::: a b c ::: d e", "tasks 6; at a time 2"},
		{"parmap -N2 echo ::: a b c", "tasks 2; at a time 2"},
		{"parmap echo", "tasks one for each of the input's values; at a time 2"},
		{"parmap echo ::: 1 | reduce --tree=4 cat", "tasks 1; at a time 2; outputs reduced 4 at a time, level by level"},
		{"parmap echo ::: 1 | reduce --by 1 -p 7 cat", "tasks 1; at a time 2; lines shuffled to 7 tasks by key"},
		{"sort | uniq", "tasks 1"},
		{"split nosuch | parmap cat", "split: nosuch: no such file or directory"},
		{"split a | parmap", "parmap: COMMAND is missing"},
	} {
		seg := b.segment(c.line)
		lines, err := b.flow().Explain(t.Context(), seg)
		got := strings.Join(lines, "; ")
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.line, got, c.want)
		}
	}
}
