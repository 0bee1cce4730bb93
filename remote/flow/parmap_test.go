package flow

import (
	"strings"
	"testing"
)

// Lines that GNU parallel understands as well: it must print the same, in the same order, with the same status. A line
// that begins with = is not given to it: then the output follows.
var asParallel = []struct{ line, stdin string }{
	{"parmap echo ::: a b c", ""},
	{"parmap -k echo ::: a b c", ""},
	{"parmap 'echo {}' ::: 'a b' '$HOME' 'it'", ""},
	{"parmap echo", "a\nb c\n\nd\n"},
	{"parmap echo", "no newline at the end"},
	{"parmap echo", ""},
	{"parmap echo {} {.} {/} {//} {/.} {#} {%} ::: dir/a.tar.gz", ""},
	{"parmap -j1 echo {} {.} {/} {//} {/.} ::: /a/b.c.d /x . .. a/ b.c/d a//b x.y/ a/b/ //x", ""},
	{"parmap echo {2}-{1} {} ::: a b ::: c d", ""},
	{"parmap echo {1.} {2/} {1//} {-1} {3} ::: a/b.c ::: d/e", ""},
	{"parmap echo ::: a b ::: c ::: e f", ""},
	{"parmap echo {1}{2} ::: a b :::+ c d ::: x y", ""},
	{"parmap echo ::: 1 2 3 :::+ a b", ""},
	{"parmap echo :::: list ::: a b", ""},
	{"parmap echo :::: list :::: list", ""},
	{"parmap echo ::: a b :::: list", ""},
	{"parmap echo :::: list list", ""},
	{"parmap echo {2} :::: list ::::+ list", ""},
	{"parmap -a list echo x", ""},
	{"parmap -a list -a list echo x", ""},
	{"parmap -a - echo x", "1\n2\n"},
	{"parmap echo :::: - ::: a b", "1\n2\n"},
	{"parmap -n2 echo ::: a b c", ""},
	{"parmap -n2 echo x{}y {.} ::: a.x b.x c.x", ""},
	{"parmap -N2 echo {1}-{2} x{}y {} ::: a.x b.x c.x", ""},
	{"parmap -N2 echo ::: a b ::: c d e", ""},
	{"parmap -N0 echo x ::: a b", ""},
	{"parmap -N2 'echo {1}-{2} {}' ::: a b c", ""},
	{"parmap -0 echo", "a\x00b c\x00d"},
	{"parmap -d , echo", "a,b,c"},
	{"parmap --delimiter '\\t' echo", "a\tb\tc"},
	{"parmap --colsep , echo {2}:{1}:{3} {}", "a,b\nc , d\n,\n"},
	{"parmap --colsep ' +' echo {1}:{2} ::: 'a   b'", ""},
	{"parmap --colsep '[,;]' echo {1}:{2}:{3} ::: 'a,b;c'", ""},
	{"parmap -C '\\t' echo {2} {1}", "a\tb\nc\td\n"},
	{"parmap --colsep , echo {1}{2}{3} ::: a,b c,d ::: e f", ""},
	{"parmap --trim l --colsep , echo '{1}' '{2}' ::: 'a,b '", ""},
	{"parmap -I ,, echo ,, {} {.} ::: x.y", ""},
	{"parmap -r echo x", "\n \na\n"},
	{"parmap --tag echo ::: a b", ""},
	{"parmap --tag echo ::: a b ::: 'c d'", ""},
	{"parmap --tag 'echo x; printf y' ::: a b", ""},
	{"parmap --tag -N2 echo ::: 1 2 3", ""},
	{"parmap --tagstring {1}-{#} echo ::: 1 2", ""},
	{"parmap --colsep , --tag echo x {2} ::: a,b", ""},
	{"parmap -j1 echo {%} ::: a b c", ""},
	{"parmap -j3 'sleep 0.{}; echo {}' ::: 3 2 1", ""},
	{"parmap --jobs=2 echo ::: a", ""},
	{"parmap -kj2 -- echo ::: a", ""},
	{"parmap -j200% --keep-order echo ::: a b", ""},
	{"parmap 'exit {}' ::: 0 1 2", ""},
	{"parmap 'exit {}' ::: 1 2 3 4 5", ""},
	{"parmap -j1 --halt now,fail=1 'echo {}; exit {}' ::: 0 5 0 0", ""},
	{"parmap -j1 --halt soon,fail=1 'echo {}; exit {}' ::: 0 5 0 0", ""},
	{"parmap -j1 --halt soon,fail=2 'echo {}; exit {}' ::: 0 5 0 7 0 3", ""},
	{"parmap -j1 --halt now,success=1 'echo {}; exit {}' ::: 3 5 0 7 0 3", ""},
	{"parmap -j1 --halt now,done=2 'echo {}; exit {}' ::: 3 5 0 7 0 3", ""},
	{"parmap -j1 --halt now,fail=30% 'echo {}; exit {}' ::: 3 5 0 7 0 3", ""},
	{"parmap -j1 --halt never 'echo {}; exit {}' ::: 3 5 0", ""},
	{"parmap -j1 --halt 2 'echo {}; exit {}' ::: 0 5 0", ""},
	{"parmap -j3 --halt now,fail=1 ./nap ::: 2 0.1 0.3", ""},
	{"parmap -j3 --halt soon,fail=1 ./nap ::: 1 0.1 0.3 9", ""},
	{"parmap --retries 2 'echo {}; exit {}' ::: 0 1", ""},
	{"parmap --timeout 1 ./late ::: 9 0", ""},
	{"parmap ./die ::: 1", ""},
	{"parmap --dry-run echo ::: 'a b' '$x' it c.d-e_f/g+h 'a=b'", ""},
	{"parmap --dry-run 'echo {} > {.}.out' ::: 'a b' c.d", ""},
	{"parmap --dry-run echo {#} ::: a b", ""},
	{"parmap --dry-run -N2 'echo x{}y' ::: a b", ""},
	{"parmap --pipe -N2 'cat; echo -'", "1\n2\n3\n4\n5\n"},
	{"parmap --pipe --block 4 'cat; echo -'", "1\n2\n3\n4\n5\n"},
	{"parmap echo :::", ""},
	{"parmap echo ::: a :::", ""},
	{"parmap -n3 echo", "a\nb\nc\nd\n"},
	{"parmap echo {01} {-1.} ::: a.x", ""},
	{"parmap --line-buffer -k 'echo {}; echo x' ::: a b", ""},
}

func TestSameAsParallel(t *testing.T) {
	for _, c := range asParallel {
		t.Run(c.line, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.file("list", "1\n2\n")
			b.file("nap", "#!/bin/sh\nsleep $1\necho $1\ntest $1 != 0.3\n")
			b.file("late", "#!/bin/sh\necho $1\nexec sleep $1\n")
			b.file("die", "#!/bin/sh\nkill -9 $$\n")
			b.stdin = c.stdin
			got := b.run(c.line)
			want, status := b.bash("parallel -k --will-cite " + bashQuoted(c.line) + " 2>err")
			if got.out != want || got.last() != status || got.fault != nil {
				t.Errorf("printed %q, status %d, %v\nstderr %s\nparallel %q, %d\nstderr %s", got.out, got.last(), got.fault, got.err,
					want, status, b.read("err"))
			}
		})
	}
}

// bashQuoted returns the words behind parmap for a bash.
func bashQuoted(line string) string {
	words := stages(line)[0].Argv[1:]
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = single(w)
	}
	return strings.Join(quoted, " ")
}
