package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
	"sshell/remote"
	"sshell/remote/chunk"
)

// sameLines give the same on a target that stores as on this machine.
var sameLines = []string{
	"parmap echo ::: c a b | sort",
	"parmap echo ::: 1 2 3 | on local --memory 512 cat | on local --memory 1024 tac",
	"on local --memory 512 seq 100000 | on local --memory 1024 tail -n 1",
	"on local --memory 512 yes | on local --memory 1024 head -n 1",
	"on local --memory 512 nosuch | on local --memory 1024 wc -l",
	"on local --memory 512 seq 3 | on local --memory 1024 grep nomatch",
	"on local --memory 512 sh -c 'echo x; exit 3' | on local --memory 1024 cat | on local --memory 2048 cat",
	"parmap seq ::: 3 0 2 | parmap --pipe -N2 'cat; echo -'",
	"parmap seq ::: 300 0 2000 7 | parmap --pipe --block 1K 'cat; echo -'",
	"parmap 'if ((!{})); then until [[ -e seen ]]; do sleep 0.01; done; fi; seq 99999' ::: 1 0 | parmap --pipe --block 200K 'touch seen; cksum'",
	"parmap seq ::: 9 | parmap --pipe --format fasta cat",
	"parmap true ::: 1 2 | parmap --pipe --format fasta cat",
	"parmap seq ::: 5000 5000 | parmap --pipe --block 3K --recstart 7 'cat; echo -'",
	"parmap 'printf \"a,b\\nc\\\",\\n\"' ::: 1 2 | parmap --pipe --format csv cat",
	"parmap nosuch ::: a b | parmap --pipe cat",
	"split -l 99 a | parmap cat | parmap --pipe -N70 md5sum",
	"split -b 200 a | parmap cat | reduce --tree=3 sort",
	"split -b 200 a | parmap cat | reduce --tree=3 sort | on local wc",
	"split -b 200 a | parmap cat | reduce --by 1,1 -p 5 wc -l",
	"split -b 200 a | parmap cat | reduce --by 1,1 -p 5 sort | on local md5sum",
	"split -b 200 a | parmap grep nomatch | reduce --tree wc -c",
	"split -b 200 a | parmap grep nomatch | reduce --by 1 -p 3 wc -c",
	"parmap 'printf %s {}' ::: a b 'c d' | reduce --by 1 -p 3 cat",
	"parmap -d , 'printf %s {}' ::: 'a 1' '\nb 2\na' ' 3' '' ' 4\nb 5\n' 'c 6\nb 7' | reduce --by 1,1 -p 4 sort",
	"split -b 200 a | parmap cat | reduce sort",
	"parmap nosuch ::: a b | wc -c",
	"parmap 'echo {}; exit {}' ::: 0 3 4 | cat",
	"parmap --retries 3 'echo {}; exit {}' ::: 0 3 4 | cat",
	"parmap --strict 'echo {}; exit {}' ::: 0 3 4 | cat",
	"parmap -j1 --halt now,fail=1 'exit {}' ::: 3 3 | cat",
	"parmap true ::: 1 2 | wc -c",
	"on local --memory 512 seq 30 | parmap --pipe -N7 'paste -sd+' | reduce --tree cat",
	"on local --timeout 1 sh -c 'echo x; exec sleep 9' | on local --memory 5 cat",
	"parmap --timeout 1 'echo {}; sleep {}' ::: 0 9 | on local cat",
}

// throughLines do too, but for bytes that must go through the client.
var throughLines = []string{
	"seq 3 | parmap echo | parmap --pipe cat | on local cat",
	"parmap --tag echo ::: a b | sort",
	"parmap -u echo ::: a a | sort",
	"on local --memory 512 seq 30 | reduce --by 1 -p 3 sort | on local wc -l",
	"on local --memory 512 seq 10 | parmap echo",
}

// took is the time in a message.
var took = regexp.MustCompile(`timed out after [0-9.ms]+`)

// Bytes between two stages do not go through the client.
func TestStoredSame(t *testing.T) {
	for i, line := range slices.Concat(sameLines, throughLines) {
		t.Run(line, func(t *testing.T) {
			same, b := chunkBench(t), newStoreBench(t)
			b.file("a", same.read("a"))
			defer checkLeaks(t, b.bench)()
			want, got := same.run(line), b.run(line)
			want.err, got.err = took.ReplaceAllString(want.err, ""), took.ReplaceAllString(got.err, "")
			if moved := b.store.moved; i < len(sameLines) && moved > int64(len(got.out)) {
				t.Errorf("%d bytes went through the client, of which %d are the output", moved, len(got.out))
			}
			if got.out != want.out || got.err != want.err || fmt.Sprint(got.statuses) != fmt.Sprint(want.statuses) {
				t.Errorf("got  %q, %q, %v\nwant %q, %q, %v", got.out, got.err, got.statuses, want.out, want.err, want.statuses)
			}
			if keys := b.left(); len(keys) > 0 {
				t.Errorf("left: %q", keys)
			}
		})
	}
}

// The output of a segment that is an object is made of those of its tasks.
func TestStoredOutput(t *testing.T) {
	for _, c := range []struct {
		line, want string
		statuses   []int
		sources    int // -1 where it is written to the file
	}{
		{"parmap echo ::: a b c", "a\nb\nc\n", []int{0}, 3},
		{"parmap 'echo {}; exit {}' ::: 1 2", "1\n2\n", []int{2}, 2},
		{"parmap true ::: 1 2", "", []int{0}, 0},
		{"on local echo x", "x\n", []int{0}, 1},
		{"on local false", "", []int{1}, 0},
		{"on local nosuch", "", []int{127}, 0},
		{"parmap nosuch ::: 1", "", []int{127}, 0},
		{"parmap echo ::: b a | sort", "a\nb\n", []int{0, 0}, 1},
		{"parmap echo ::: b a | reduce --tree sort", "a\nb\n", []int{0, 0}, 1},
		{"parmap echo ::: b a | reduce --by 1 -p 1 sort", "a\nb\n", []int{0, 0}, 1},
		{"parmap --tag echo ::: a", "a\ta\n", []int{0}, -1},
	} {
		t.Run(c.line, func(t *testing.T) {
			b := newStoreBench(t)
			defer checkLeaks(t, b.bench)()
			a, content, text := b.runOut(c.line)
			if content == nil {
				text = a.out
			} else if a.out != "" || len(content.Sources) != c.sources {
				t.Errorf("sources %q, written to the file %q", content.Sources, a.out)
			}
			if text != c.want || fmt.Sprint(a.statuses) != fmt.Sprint(c.statuses) || (content == nil) != (c.sources < 0) {
				t.Errorf("%q, %q, %v", text, a.err, a.statuses)
			}
			if content != nil && b.store.moved > 0 {
				t.Errorf("%d bytes went through the client", b.store.moved)
			}
			if keys := b.left(); len(keys) > 0 {
				t.Errorf("left: %q", keys)
			}
		})
	}
}

// What a bucket does not take is said in one line, and nothing appears, and nothing is left.
func TestStoredOutputRefused(t *testing.T) {
	denied, gone := errors.New("access denied"), errors.New("no such bucket")
	for _, c := range []struct {
		name   string
		line   string
		refuse func(bucket, op, key string) error
		want   string
	}{
		{"read-only", "parmap -j1 echo ::: a b", func(bucket, op, _ string) error {
			if bucket == "out" && op != "get" {
				return denied
			}
			return nil
		}, "sshell: parmap: task 1: store in s3://out: access denied\n"},
		{"missing", "on local echo a", func(bucket, _, _ string) error {
			if bucket == "out" {
				return gone
			}
			return nil
		}, "sshell: on: store in s3://out: no such bucket\n"},
		{"no uploads", "parmap 'yes | head -c' ::: 6000000", func(_, op, _ string) error {
			if op == "upload" {
				return denied
			}
			return nil
		}, "sshell: parmap: s3://out/result: access denied\n"},
		{"no ledger", "parmap 'yes | head -c' ::: 6000000", func(_, _, key string) error {
			if strings.HasPrefix(key, "ledger/") {
				return denied
			}
			return nil
		}, "sshell: parmap: s3://out/result: write ledger: access denied\n"},
		{"an upload that is aborted", "parmap 'yes | head -c' ::: 6000000 6000000", func(_, op, _ string) error {
			if op == "copy" {
				return objstore.ErrNoUpload
			}
			return nil
		}, "sshell: parmap: s3://out/result: its upload was aborted meanwhile\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newStoreBench(t)
			defer checkLeaks(t, b.bench)()
			b.put("s3://out/result", "old")
			b.store.refuse = c.refuse
			a, content, _ := b.runOut(c.line)
			if a.err != c.want || content != nil || a.last() != 125 {
				t.Errorf("%q, %v, content %v, want %q", a.err, a.statuses, content, c.want)
			}
			if keys := b.left(); len(keys) > 0 || b.get("s3://out/result") != "old" {
				t.Errorf("left: %q", keys)
			}
		})
	}
}

// A bucket that is removed while tasks run ends the run, whatever they are at.
func TestStoredOutputBucketGone(t *testing.T) {
	for after := range 8 {
		b := newStoreBench(t)
		check := checkLeaks(t, b.bench)
		left := int64(after)
		b.store.refuse = func(bucket, _, _ string) error {
			if bucket == "out" && atomic.AddInt64(&left, -1) < 0 {
				return errors.New("no such bucket")
			}
			return nil
		}
		a, content, _ := b.runOut("parmap -j2 'yes | head -c' ::: 6000000 6000000 10 6000000")
		if lines := strings.Count(a.err, "\n"); lines != 1 || !strings.Contains(a.err, "no such bucket") || content != nil || a.last() != 125 {
			t.Errorf("after %d: %q, %v, content %v", after, a.err, a.statuses, content)
		}
		check()
	}
}

// With --strict an object stays what it was when a task failed, on targets that store and on others.
func TestStrictOutput(t *testing.T) {
	line := "parmap --strict 'yes {} | head -c 6000000; exit {}' ::: 0 3"
	said := "sshell: parmap: s3://out/result is not written: a task failed, and --strict takes all or nothing\n"
	for _, target := range []plan.Target{target, plan.Local} {
		b := newStoreBench(t)
		check := checkLeaks(t, b.bench)
		b.target = target
		b.put("s3://out/result", "old")
		a, content, text := b.runOut(line)
		if text != "old" || content == nil || a.out != "" || a.last() != 1 || a.err != said {
			t.Errorf("%s: %d bytes, %q, %v", target, len(text), a.err, a.statuses)
		}
		if keys := b.left(); len(keys) > 0 {
			t.Errorf("%s: left: %q", target, keys)
		}
		check()
	}
}

// Nothing is handed over, and nothing stays, when the machinery fails.
func TestStoredOutputLost(t *testing.T) {
	for _, line := range []string{"parmap echo ::: a b c d", "on local echo x", "parmap echo ::: a b | reduce --tree sort"} {
		b := newStoreBench(t)
		check := checkLeaks(t, b.bench)
		b.store.lose = func(*remote.Task) (bool, bool) { return true, false }
		a, content, _ := b.runOut(line)
		if content != nil || !slices.Contains(a.statuses, 125) || a.err == "" {
			t.Errorf("%s: %v, %q, %v", line, content, a.err, a.statuses)
		}
		if keys := b.left(); len(keys) > 0 {
			t.Errorf("%s: left: %q", line, keys)
		}
		check()
	}
}

// Attempts that are lost before or after they have run change nothing, and nothing runs twice that has committed.
func TestStoredAttemptsLost(t *testing.T) {
	for seed := range uint64(10) {
		b := newStoreBench(t)
		check := checkLeaks(t, b.bench)
		rng := rand.New(rand.NewPCG(seed, 1))
		var mu sync.Mutex
		b.store.lose = func(task *remote.Task) (before, after bool) {
			mu.Lock()
			defer mu.Unlock()
			return task.Attempt < 2 && rng.IntN(4) == 0, task.Attempt < 2 && rng.IntN(4) == 0
		}
		b.file("log", "")
		a, content, text := b.runOut("parmap 'echo {} >> log; echo {}' ::: 1 2 3 4 5 6 7 8 | reduce --tree=2 sort -n")
		if content == nil || text != "1\n2\n3\n4\n5\n6\n7\n8\n" || a.last() != 0 {
			t.Errorf("seed %d: %q, %q, %v", seed, text, a.err, a.statuses)
		}
		if log := strings.Fields(b.read("log")); len(log) != 8 {
			t.Errorf("seed %d: ran %q", seed, log)
		}
		if keys := b.left(); len(keys) > 0 {
			t.Errorf("seed %d: left: %q", seed, keys)
		}
		check()
	}
}

// A task that reads what is stored, and stores what it writes, is made again when it was lost, but not with --once.
func TestStoredReaderLost(t *testing.T) {
	for _, c := range []struct {
		line, want string
		after      bool
	}{
		{"parmap echo ::: 3 1 2 | on local sort", "1\n2\n3\n", false},
		{"parmap echo ::: 3 1 2 | on local sort", "1\n2\n3\n", true},
		{"parmap echo ::: 3 1 2 | on local --once sort", "", false},
		{"on local --memory 512 seq 3 | on local --memory 1024 tac", "3\n2\n1\n", false},
		{"on local --memory 512 seq 3 | on local --memory 1024 tac", "3\n2\n1\n", true},
		{"on local --memory 512 seq 3 | on local --memory 1024 --once tac", "", false},
	} {
		b := newStoreBench(t)
		check := checkLeaks(t, b.bench)
		b.store.lose = func(task *remote.Task) (before, after bool) {
			argv := append(task.Stages[0].Argv, "")
			reader := task.Attempt == 0 && slices.Contains([]string{"sort", "tac"}, argv[0])
			return reader && !c.after, reader && c.after
		}
		a, content, text := b.runOut(c.line)
		if text != c.want || (content == nil) != (c.want == "") || c.want == "" && !slices.Contains(a.statuses, 125) {
			t.Errorf("%s: %q, %q, %v", c.line, text, a.err, a.statuses)
		}
		if keys := b.left(); len(keys) > 0 {
			t.Errorf("%s: left: %q", c.line, keys)
		}
		check()
	}
}

// A run that is cancelled leaves nothing.
func TestStoredCancelled(t *testing.T) {
	for _, line := range []string{
		"parmap 'echo {}; sleep {}' ::: 0 60 | sort",
		"on local --memory 5 sh -c 'echo x; exec sleep 60' | on local --memory 6 cat",
		"on local --memory 5 sh -c 'echo x; exec sleep 60' | parmap --pipe cat",
		"parmap 'echo {}; sleep {}' ::: 0 60 | reduce --by 1 cat",
	} {
		b := newStoreBench(t)
		check := checkLeaks(t, b.bench)
		ctx, cancel := context.WithCancel(t.Context())
		b.store.lose = func(*remote.Task) (bool, bool) {
			b.store.mu.Lock()
			defer b.store.mu.Unlock()
			if b.store.tasks == 2 {
				cancel()
			}
			return false, false
		}
		if strings.HasPrefix(line, "on") && strings.Contains(line, "parmap") {
			b.store.lose = func(*remote.Task) (bool, bool) { cancel(); return false, false }
		}
		a := b.runContext(ctx, line)
		if a.fault == nil {
			t.Errorf("%s: %v", line, a.statuses)
		}
		if keys := b.left(); len(keys) > 0 {
			t.Errorf("%s: left: %q", line, keys)
		}
		cancel()
		check()
	}
}

func TestJoined(t *testing.T) {
	b := newStoreBench(t)
	var pieces []remote.Piece
	whole := ""
	for i := range 5 {
		text := strings.Repeat(string(rune('a'+i)), i) + "|"
		name := fmt.Sprintf("s3://scratch/tmp/%d", i)
		b.put(name, "--"+text+"--")
		pieces = append(pieces, remote.Piece{Object: name, Start: 2, End: 2 + int64(len(text))})
		whole += text
	}
	j := joinPieces(&scratch{storer: b.store}, pieces, chunk.Format{}).Source.(*joined)
	if j.Size() != int64(len(whole)) {
		t.Fatalf("size %d, want %d", j.Size(), len(whole))
	}
	for start := range len(whole) {
		for end := start; end <= len(whole); end++ {
			p := make([]byte, end-start)
			if n, err := j.ReadAt(p, int64(start)); n != len(p) || err != nil || string(p) != whole[start:end] {
				t.Fatalf("[%d, %d): %q, %v, want %q", start, end, p[:n], err, whole[start:end])
			}
		}
	}
	if n, err := j.ReadAt(make([]byte, 3), j.Size()-1); n != 1 || err == nil {
		t.Errorf("past the end: %d, %v", n, err)
	}
}
