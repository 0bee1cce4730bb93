package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func numbers(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "%d\n", i)
	}
	return b.String()
}

// Each line does what bash does with the same input, as a whole. All of it is in files a (1 to 1000), b (FASTQ) and
// empty, and a is on standard input too.
var sequential = []struct{ line, bash string }{
	{"split a | parmap cat", "cat a"},
	{"split -b 1000 a | parmap cat", "cat a"},
	{"split -b 1000 -- a | parmap cat", "cat a"},
	{"split -b1k a a empty b | parmap cat", "cat a a empty b"},
	{"split -C 1k a | parmap cat", "cat a"},
	{"split -n 7 a | parmap cat", "cat a"},
	{"split -l 100 a | parmap wc -l", "for i in $(seq 10); do echo 100; done"},
	{"split -r 200 a | parmap wc -l", "for i in 1 2 3 4 5; do echo 200; done"},
	{"split -l 100 | parmap wc -l", "for i in $(seq 10); do echo 100; done"},
	{"split -b 1000 | parmap cat", "cat"},
	{"split -b 1000 - a - | parmap cat", "cat - a -"},
	{"split -b 1 b | parmap -j4 head -c 1", "cut -c 1 b | tr -d '\\n'"},
	{"split --format fastq -r 1 b | parmap wc -l", "for i in $(seq 100); do echo 4; done"},
	{"split --format=fastq -b 100 b | parmap cat", "cat b"},
	{"split --format bytes -b 1000 a | parmap wc -c", "for i in 1 2 3; do echo 1000; done; echo 893"},
	{"split --record '100|200' a | parmap head -n 1", "true"},
	{"split --recstart '^@' -r 1 b | parmap head -n 1", "true"},
	{"split empty | parmap cat", "true"},
	{"split empty empty | parmap 'echo x'", "true"},
	{"split -b 1000 a | parmap 'cat; exit 3'", "cat a"},
	{"split -b 1000 a | parmap --strict cat", "cat a"},
	{"split -b 1000 a | parmap --tag -k cat", "true"},
	{"split -b 2000 a | parmap cat | parmap --pipe --block 500 cat", "cat a"},
	{"split -b 2000 a | parmap cat | sort -rn | head -n 3", "sort -rn a | head -n 3"},
	{"split -b 2000 a | parmap cat | reduce sort -rn", "sort -rn a"},
	{"split -b 2000 a | parmap grep 7 | reduce wc -l", "grep -c 7 a"},
	{"split -b 300 a | parmap wc -l | reduce --tree awk '{ n += $1 } END { print n }'", "wc -l < a"},
	{"split -b 300 a | parmap wc -l | reduce --tree=2 awk '{ n += $1 } END { print n }'", "wc -l < a"},
	{"split -b 300 a | parmap cat | reduce --tree=3 cat", "cat a"},
	{"split -b 300 a | parmap sort -rn | reduce --tree=2 sort -rn", "sort -rn a"},
	{"split empty | parmap cat | reduce --tree 'wc -l'", "echo 0"},
	{"split -n 1 a | parmap cat | reduce --tree 'wc -l'", "wc -l < a"},
	{"parmap --pipe --block 300 cat | reduce --by 1 -p 1 cat", "cat"},
	{"split -b 300 a | parmap cat | reduce --by -k1.1,1.1 -p 3 'sort -n' | reduce sort -n", "sort -n a"},
	{"reduce --by 1n -p 2 cat | reduce sort -n", "sort -n"},
	{"parmap --pipe cat", "cat"},
	{"parmap --pipe -N 7 cat", "cat"},
	{"parmap --pipe --format bytes --block 333 cat", "cat"},
	{"sort -n | tail -n 1", "sort -n | tail -n 1"},
	{"on local cat", "cat"},
	{"on local -n cat", "true"},
	{"on local 'read x; echo \"$x\"; cat | wc -l'", "echo 1; echo 999"},
	{"on local --timeout 1m wc -l | on local cat", "wc -l"},
	{"parmap echo {} {#} | reduce tail -n 1", "tail -n 1 | sed 's/$/ 1000/'"},
	{"on local sh -c 'exit 7'", "exit 7"},
	{"sh -c 'exit 3' | sh -c 'exit 4'", "exit 4"},
	{"parmap 'exit {}' ::: 0 | reduce sh -c 'cat; exit 4'", "exit 4"},
	{"split -b 2000 a | parmap cat | reduce --tree sh -c 'cat; exit 4'", "cat a; exit 4"},
}

func chunkBench(t testing.TB) *bench {
	b := newBench(t)
	b.stdin = numbers(1, 1000)
	b.file("a", b.stdin)
	b.file("empty", "")
	var reads strings.Builder
	for i := range 100 {
		fmt.Fprintf(&reads, "@read%d\nACGT\n+\n@+II\n", i)
	}
	b.file("b", reads.String())
	return b
}

func TestSameAsSequential(t *testing.T) {
	for _, c := range sequential {
		t.Run(c.line, func(t *testing.T) {
			b := chunkBench(t)
			defer checkLeaks(t, b)()
			got := b.run(c.line)
			want, status := b.bash(c.bash)
			if strings.Contains(c.line, "exit 3'") && strings.Contains(c.line, "split") {
				status = 4 // tasks that failed
			}
			if c.bash == "true" && !strings.Contains(c.line, "empty") && !strings.Contains(c.line, "-n cat") {
				want = got.out // only its status counts
			}
			if got.out != want || got.last() != status || got.fault != nil || got.err != "" {
				t.Errorf("printed %.200q (%d bytes), statuses %v, %v, want %.200q (%d bytes), %d\nstderr %s", got.out, len(got.out),
					got.statuses, got.fault, want, len(want), status, got.err)
			}
		})
	}
}

// The same with the input as a file that is open already, from where it stands.
func TestInputIsAFile(t *testing.T) {
	for _, line := range []string{"split -b 1000 | parmap cat", "parmap --pipe --block 1000 cat", "split -b 1000 - | parmap cat", "parmap /bin/echo", "on local cat"} {
		b := chunkBench(t)
		f, err := os.Open(filepath.Join(b.dir, "a"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		head := make([]byte, 8)
		f.Read(head)
		b.input = f
		got := b.run(line)
		if want := numbers(5, 1000); got.out != want || got.err != "" {
			t.Errorf("%s: %d bytes, want %d; stderr %s", line, len(got.out), len(want), got.err)
		}
		if at, _ := f.Seek(0, 1); line != "parmap /bin/echo" && at != int64(len(b.stdin)) {
			t.Errorf("%s: the file stands at %d afterwards", line, at)
		}
	}
}

// What a command finds in its environment.
func TestEnvironment(t *testing.T) {
	b := chunkBench(t)
	const show = "'echo $SSHELL_ROLE $DIFF $SSHELL_TASK $SSHELL_ATTEMPT $SSHELL_CHUNK $SSHELL_OBJECT $SSHELL_START $SSHELL_END $PARALLEL_SEQ'"
	for _, c := range []struct{ line, want string }{
		{"split -b 2000 a | parmap --role-var DIFF " + show,
			"worker worker 0 0 0 a 0 2000 1\nworker worker 1 0 1 a 2000 3893 2\n"},
		{"split -b 2000 | parmap " + show, "worker 0 0 0 0 2000 1\nworker 1 0 1 2000 3893 2\n"},
		{"parmap " + show[:len(show)-1] + " {}' ::: x y", "worker 0 0 1 x\nworker 1 0 2 y\n"},
		{"reduce --role-var DIFF " + show, "reducer reducer 0 0\n"},
		{"on local " + show, "worker 0 0\n"},
		{"parmap echo ::: 1 | reduce --tree --role-var DIFF " + show, "reducer reducer 0 0\n"},
	} {
		if got := b.run(c.line); got.out != c.want {
			t.Errorf("%s: %q, want %q; stderr %s", c.line, got.out, c.want, got.err)
		}
	}
	got := b.run("parmap 'echo $SSHELL_RUN' ::: 1 2")
	if lines := strings.Fields(got.out); len(lines) != 4 || lines[0] != lines[2] || len(lines[0]) != 20 {
		t.Errorf("run ids %q", got.out)
	}
}
