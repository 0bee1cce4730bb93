package interp

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sshell/interp/plan"
)

// recorder is a plan.Segments that notes what it is asked to run and copies its input to its output.
type recorder struct {
	mu       sync.Mutex
	segments []plan.Segment
	status   int
	err      error
}

func (r *recorder) Run(_ context.Context, s plan.Segment) ([]plan.Status, error) {
	r.mu.Lock()
	r.segments = append(r.segments, s)
	r.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	if s.Stages[0].Role != plan.Split {
		if _, err := io.Copy(s.Stdout, s.Stdin); err != nil {
			return nil, err
		}
	}
	statuses := make([]plan.Status, len(s.Stages))
	for i := range statuses {
		statuses[i] = r.status
	}
	return statuses, nil
}

// placed runs a script with a recorder and gives what it printed on standard output and error.
func placed(t *testing.T, r plan.Segments, script string) (stdout, stderr string, status int) {
	t.Helper()
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	errs, err := os.Create(filepath.Join(dir, "err"))
	if err != nil {
		t.Fatal(err)
	}
	defer errs.Close()
	cfg := testConfig()
	cfg.Segments, cfg.Planner = r, plan.Plan
	cfg.Facts = plan.Facts{Targets: []plan.Target{plan.Local}}
	cfg.Environ = []string{"PATH=/usr/bin:/bin"}
	sh := New(cfg)
	defer sh.Close()
	for n, f := range map[int]*os.File{1: out, 2: errs} {
		d, err := adoptFile(dup(t, f))
		if err != nil {
			t.Fatal(err)
		}
		sh.fds.install(n, d)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	d, err := adoptFile(null)
	if err != nil {
		t.Fatal(err)
	}
	sh.fds.install(0, d)
	sh.RunSource(context.Background(), "test", script)
	return read(t, out.Name()), read(t, errs.Name()), sh.Status()
}

func dup(t *testing.T, f *os.File) *os.File {
	t.Helper()
	g, err := os.OpenFile(f.Name(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// shape writes the segments as stages joined by bars, a line each.
func shape(segments []plan.Segment) string {
	var lines []string
	for _, s := range segments {
		var stages []string
		for _, stage := range s.Stages {
			text := strings.Join(stage.Argv, ",")
			if stage.Argv == nil {
				text = "source"
			}
			stages = append(stages, text)
		}
		lines = append(lines, strings.Join(stages, " | "))
	}
	return strings.Join(lines, "\n")
}

func TestSegments(t *testing.T) {
	cases := []struct{ name, script, want string }{
		{"split and parmap leave together", "split --format fastq a b | parmap ./w | sort", "split,--format,fastq,a,b | parmap,./w"},
		{"words are expanded once, on the client", "x='p q'; f=1; parmap cat $x \"$x\" {1..3}", "parmap,cat,p,q,p q,1,2,3"},
		{"neighbours are one segment", "echo a | on local sort | on local uniq | cat", "on,local,sort | on,local,uniq"},
		{"a redirection between them cuts", "on local sort 2>&1 >x | on local uniq", "on,local,sort\non,local,uniq"},
		{"standard error into the pipe cuts", "on local sort 2>&1 | on local uniq", "on,local,sort\non,local,uniq"},
		{"both streams into the pipe cut", "on local sort |& on local uniq", "on,local,sort\non,local,uniq"},
		{"the client between them cuts", "on local sort | cat | on local uniq", "on,local,sort\non,local,uniq"},
		{"coreutils' split is left alone", "cd /tmp; printf a | split -b 1 - /dev/null 2>/dev/null", ""},
		{"split --filter is coreutils'", "printf a | split --filter=cat -b 1 | parmap --pipe cat", "parmap,--pipe,cat"},
		{"split -n K/N is coreutils'", "printf a | split -n 1/1 | parmap --pipe cat", "parmap,--pipe,cat"},
		{"a function goes first", "parmap() { echo mine; }; parmap x", ""},
		{"an alias goes first", "shopt -s expand_aliases\nalias on='echo mine'\non local x", ""},
		{"a program goes first", "mkdir -p $TMPDIR/bin; printf '#!/bin/sh\\n' > $TMPDIR/bin/reduce; chmod +x $TMPDIR/bin/reduce; PATH=$PATH:$TMPDIR/bin; reduce --tree x", ""},
		{"builtin reaches ours", "on() { :; }; builtin on local sort", "on,local,sort"},
		{"source may keep state of its own", "on local 'for i in 1 2; do read x; done'", "on,local,for i in 1 2; do read x; done"},
		{"options in front of the target's command", "on local --timeout 5 sort", "on,local,--timeout,5,sort"},
		{"SSHELL_ON places plain stages", "SSHELL_ON=local; sort | uniq", "sort | uniq"},
		{"SSHELL_ON places compound stages", "SSHELL_ON=local; echo a | { read x; echo $x; }", "source | source"},
		{"SSHELL_ON=client places nothing", "SSHELL_ON=client; sort | uniq", ""},
		{"a compound stage ships as source", "f() { cat; }; SSHELL_ON=local; f | sort", "source | sort"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := &recorder{}
			t.Setenv("TMPDIR", t.TempDir())
			script := "TMPDIR=" + os.Getenv("TMPDIR") + "; cd $TMPDIR; " + c.script
			_, stderr, _ := placed(t, r, script)
			got := shape(r.segments)
			if sorted(got) != sorted(c.want) {
				t.Errorf("segments:\n%s\nwant:\n%s\nstderr: %s", got, c.want, stderr)
			}
		})
	}
}

// sorted makes the order of segments, which start beside each other, of no account.
func sorted(lines string) string {
	list := strings.Split(lines, "\n")
	for i := range list {
		for j := i + 1; j < len(list); j++ {
			if list[j] < list[i] {
				list[i], list[j] = list[j], list[i]
			}
		}
	}
	return strings.Join(list, "\n")
}

// What DESIGN §4 keeps on the client is kept, and an error where the user named the target.
func TestKeptOnClient(t *testing.T) {
	cases := []struct{ name, stage, reason string }{
		{"state", "x=1", "changes the state of this shell"},
		{"state in a function", "f", "changes the state of this shell"},
		{"state in an expansion", "echo ${v:=1} | true; : ${v:=1}", "changes the state of this shell"},
		{"an end in an expansion", "true ${1?none}", "changes the state of this shell"},
		{"state in arithmetic", "( : ); echo $((v++)); : $((v += 1))", "changes the state of this shell"},
		{"state in a condition", "[[ a =~ a ]]", "changes the state of this shell"},
		{"printf -v", "printf -v v x", "changes the state of this shell"},
		{"a builtin alone", "echo a", "changes the state of this shell"},
		{"behind command", "command read v", "changes the state of this shell"},
		{"terminal", "stty -a", "terminal"},
		{"terminal device", "cat /dev/tty", "terminal"},
		{"process id", "echo $$", "process id"},
		{"parent's id", "echo $PPID", "process id"},
		{"kill", "kill -0 1", "jobs or processes"},
		{"wait", "wait", "jobs or processes"},
		{"jobs", "jobs", "jobs or processes"},
		{"coproc", "{ coproc cat; }", "coprocess"},
		{"proc", "cat /proc/self/stat", "/proc"},
		{"descriptor", "( echo a >&7 )", "descriptor"},
		{"process substitution", "cat <(echo a)", "process substitution"},
	}
	const prologue = "f() { read x; }; exec 7>/dev/null; "
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := &recorder{}
			stdout, _, _ := explained(t, prologue+"SSHELL_ON=local; "+c.stage)
			if !strings.Contains(stdout, c.reason) || !strings.Contains(stdout, "client") {
				t.Errorf("explained as %q, want %q", stdout, c.reason)
			}
			placed(t, r, prologue+"SSHELL_ON=local; "+c.stage+" >/dev/null 2>&1 </dev/null")
			for _, seg := range r.segments {
				// What stands inside a stage that is kept is planned by itself.
				if source := seg.Stages[0].Source; source == c.stage {
					t.Errorf("left the client: %s", source)
				}
			}
		})
	}
}

// explained runs a script with --explain.
func explained(t *testing.T, script string) (stdout, stderr string, status int) {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := adoptFile(out)
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig()
	cfg.Segments, cfg.Planner = &recorder{}, plan.Plan
	cfg.Facts = plan.Facts{Targets: []plan.Target{plan.Local}}
	cfg.Explain = true
	sh := New(cfg)
	defer sh.Close()
	sh.fds.install(1, d)
	sh.RunSource(context.Background(), "test", script)
	return read(t, name), "", sh.Status()
}

// --explain runs no command and writes no file, whatever the script.
func TestExplainRunsNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	stdout, _, _ := explained(t, `x=$(touch a); touch b > c; while true; do touch d; done; if touch e; then split f | parmap g > h; fi
k() { touch i; }; k; { touch j; } > l; (touch m) & cat <(touch n); for x in 1 2; do touch o; done; case x in x) touch p;; esac; time touch q`)
	if names, _ := os.ReadDir("."); len(names) > 0 {
		t.Errorf("it made %v", names)
	}
	for _, want := range []string{"local    split f", "local    parmap g", "client   touch o", "client   touch p"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in:\n%s", want, stdout)
		}
	}
}

func TestAskedAndRefused(t *testing.T) {
	cases := []struct{ name, script, want string }{
		{"unknown target", "on moon sort", "no target moon"},
		{"no target", "on", "no target"},
		{"process substitution", "on local cat <(echo a)", "cannot run on local"},
		{"state", "on local cd /", "changes the state of this shell"},
		{"assignment", "on local x=1", "changes the state of this shell"},
		{"jobs", "on local wait", "jobs or processes"},
		{"pid in source", "on local 'echo $$'", "process id"},
		{"proc", "on local cat /proc/self/stat", "/proc"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := &recorder{}
			_, stderr, status := placed(t, r, c.script)
			if status != plan.StatusMachinery || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("status %d, stderr %q; want 125 and one line with %q", status, stderr, c.want)
			}
			if len(r.segments) > 0 {
				t.Error("it ran all the same")
			}
		})
	}
}

func TestOutputIsWholeOrAbsent(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "out")
	broken := &recorder{err: io.ErrUnexpectedEOF}
	_, _, status := placed(t, broken, "echo new | on local cat > "+target)
	if status != plan.StatusMachinery {
		t.Errorf("status %d", status)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
	if err := os.WriteFile(target, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	placed(t, broken, "echo new | on local cat > "+target)
	if got := read(t, target); got != "old" {
		t.Errorf("a run that failed left %q", got)
	}
	failing := &recorder{status: 3}
	if _, _, status := placed(t, failing, "echo new | on local cat > "+target); status != 3 {
		t.Errorf("status %d", status)
	}
	if got := read(t, target); got != "new\n" {
		t.Errorf("a command that failed left %q", got)
	}
	if st, err := os.Stat(target); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}

// A snapshot brings all of a shell's state to another, bytes intact.
// What stages behind a segment that failed made of a part of their input is no answer, whatever they say.
func TestStagesBehindAFault(t *testing.T) {
	lost := &recorder{err: io.ErrUnexpectedEOF}
	for script, want := range map[string]string{
		"on local x | { while read -r l; do :; done; }; echo $? ${PIPESTATUS[@]}": "125 125 125\n",
		"true | on local x | : | :; echo $? ${PIPESTATUS[@]}":                     "125 0 125 125 125\n",
		"true | on local x; echo $? ${PIPESTATUS[@]}":                             "125 0 125\n",
	} {
		if stdout, stderr, _ := placed(t, lost, script); stdout != want || stderr == "" {
			t.Errorf("%s: %q, want %q; stderr %s", script, stdout, want, stderr)
		}
	}
	failed := &recorder{status: 3}
	if stdout, _, _ := placed(t, failed, "echo a | on local x | { read -r l; echo $l; }; echo ${PIPESTATUS[@]}"); stdout != "a\n0 3 0\n" {
		t.Errorf("a command that failed: %q", stdout)
	}
}

// breaking is a target that writes a part of its output and then fails.
type breaking struct{}

func (b *breaking) Run(ctx context.Context, s plan.Segment) ([]plan.Status, error) {
	if strings.Contains(strings.Join(s.Stages[0].Argv, " "), "later") { // a segment behind the one that fails
		<-ctx.Done()
		io.WriteString(s.Stdout, "stopped\n")
		return nil, ctx.Err()
	}
	io.WriteString(s.Stdout, "a part\n")
	return nil, io.ErrUnexpectedEOF
}

// What stages behind a segment that failed would do at the end of their input is not done.
func TestStagesBehindAreKilled(t *testing.T) {
	for _, reader := range []string{
		"{ cat; echo end > $D/f; }",
		"{ while read -r l; do :; done; echo end > $D/f; }",
		"{ mapfile a; echo end > $D/f; }",
		"(cat | { cat; echo end > $D/f; })",
		"bash -c 'cat; echo end > $0' $D/f",
		"bash -c 'cat & wait; (cat; echo end > $0); echo end > $0' $D/f",
		"cat | cat | bash -c 'cat; echo end > $0' $D/f",
		"on local later | bash -c 'cat; echo end > $0' $D/f",
		"cat | on local later | { cat; echo end > $D/f; }",
		"{ cat | bash -c 'cat; echo end > $0' $D/f; }",
		"{ on local cat | cat; echo end > $D/f; }",
	} {
		dir := t.TempDir()
		stdout, stderr, status := placed(t, &breaking{}, "D="+dir+"; on local x | "+reader+"; echo $?")
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 || status != 0 || !strings.HasSuffix(stdout, "125\n") {
			t.Errorf("%s: left %v, status %d, %q, %v", reader, files, status, stdout, err)
		}
		if strings.Contains(stderr, "Killed") {
			t.Errorf("%s: said %q", reader, stderr)
		}
	}
	stdout, _, _ := placed(t, &breaking{}, "shopt -s lastpipe; on local x | { cat; echo end; }; echo $?")
	if stdout != "a part\n125\n" && stdout != "125\n" {
		t.Errorf("the last stage of this shell: %q", stdout)
	}
}

// What is said of a failure is where standard error goes, though no output is there.
func TestFaultIsSaid(t *testing.T) {
	dir := t.TempDir()
	_, _, _ = placed(t, &breaking{}, "D="+dir+"; on local x 2> $D/said > $D/out; on local x | cat 2> $D/said2 > $D/out")
	files, err := os.ReadDir(dir)
	if n := len(files); n == 2 && files[1].Name() == "said2" { // of a command that may be ended before it begins
		files = files[:1]
	}
	if err != nil || len(files) != 1 || files[0].Name() != "said" {
		t.Errorf("files %v, %v", files, err)
	}
}

// With lastpipe the last stage is this shell's own.
func TestLastPipe(t *testing.T) {
	r := &recorder{}
	stdout, _, _ := placed(t, r, "shopt -s lastpipe; echo a | on local x | read -r v; echo $v")
	if stdout != "a\n" || len(r.segments) != 1 {
		t.Errorf("%q, segments %s", stdout, shape(r.segments))
	}
}

func TestSnapshotRestores(t *testing.T) {
	const setup = `x=$'caf\xe9'; declare -a a=([3]=c [9]=$'\xff'); declare -A m=([k y]=v [z]=); export E=1; readonly R=2
declare -i N=4; declare -n ref=x; f() { echo "f: $1"; }; shopt -s extglob; set -- p 'q r' ''; set -o pipefail
alias hi='echo hello'; trap 'echo bye' EXIT; umask 027; (exit 3)`
	const show = `echo $?; printf '%s|' "$x" "${a[@]}" "${!a[@]}" "${m[@]}" "${!m[@]}" "$E" "$R" "$ref" "$@" "$#" "$-"; f z
N=N+1; echo $N; [[ aab == +(a)b ]] && echo extglob; umask; alias hi; (R=5) 2>/dev/null || echo readonly; trap -p EXIT; set -o | grep pipefail`
	one := func(body func(sh *Shell)) string {
		name := filepath.Join(t.TempDir(), "out")
		out, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := adoptFile(out)
		if err != nil {
			t.Fatal(err)
		}
		cfg := testConfig()
		cfg.Environ = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
		sh := New(cfg)
		defer sh.Close()
		sh.fds.install(1, d)
		body(sh)
		return read(t, name)
	}
	var data []byte
	want := one(func(sh *Shell) {
		sh.RunSource(context.Background(), "t", setup)
		encoded, err := plan.EncodeSnapshot(sh.snapshot())
		if err != nil {
			t.Fatal(err)
		}
		data = encoded
		sh.RunSource(context.Background(), "t", show)
	})
	got := one(func(sh *Shell) {
		s, err := plan.DecodeSnapshot(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := sh.Restore(s); err != nil {
			t.Fatal(err)
		}
		sh.RunSource(context.Background(), "t", show)
	})
	if got != want || !strings.Contains(want, "caf\xe9") {
		t.Errorf("restored:\n%s\nwant:\n%s", got, want)
	}
}
