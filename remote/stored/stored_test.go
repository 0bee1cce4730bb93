package stored

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"sshell/pipes/objpipe"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
	"sshell/remote"
)

// bucket gives the store of the bucket "data" and its buckets.
func bucket(t *testing.T) (*mem.Buckets, objstore.Store) {
	t.Helper()
	b := new(mem.Buckets)
	s, err := b.Bucket(t.Context(), "data")
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

func put(t *testing.T, s objstore.Store, key, text string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), false); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s objstore.Store, key string) string {
	t.Helper()
	body, err := s.Get(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func keysOf(t *testing.T, s objstore.Store) (keys []string) {
	t.Helper()
	for o, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

func TestOpen(t *testing.T) {
	b, s := bucket(t)
	large := strings.Repeat("0123456789abcdef", 3*smallPiece/16)
	put(t, s, "a", "alpha")
	put(t, s, "empty", "")
	put(t, s, "large", large)
	piece := func(key string, start, end int64) remote.Piece {
		return remote.Piece{Object: "s3://data/" + key, Start: start, End: end}
	}
	many := slices.Repeat([]remote.Piece{piece("a", 1, 3)}, 5*aheadMax)
	for _, c := range []struct {
		name   string
		pieces []remote.Piece
		want   string
		err    error
	}{
		{"none", nil, "", nil},
		{"ranges", []remote.Piece{piece("a", 1, 3), piece("empty", 0, 0), piece("a", 0, -1), piece("large", 5, 9)}, "lpalpha5678", nil},
		{"large ones", []remote.Piece{piece("large", 0, -1), piece("a", 4, 5), piece("large", 1, int64(len(large)))}, large + "a" + large[1:], nil},
		{"many", many, strings.Repeat("lp", len(many)), nil},
		{"too short", []remote.Piece{piece("a", 3, 9)}, "ha", io.ErrUnexpectedEOF},
		{"large and too short", []remote.Piece{piece("large", 1, 1<<40)}, large[1:], io.ErrUnexpectedEOF},
		{"missing", []remote.Piece{piece("a", 0, 1), piece("no", 0, 1)}, "a", fs.ErrNotExist},
		{"missing, of any size", []remote.Piece{piece("no", 0, -1)}, "", fs.ErrNotExist},
		{"a bucket's name that is none", []remote.Piece{{Object: "s3://X/a", End: 1}}, "", objstore.ErrBucket},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Open(t.Context(), b, Each(c.pieces))
			data, err := io.ReadAll(r)
			if string(data) != c.want || !errors.Is(err, c.err) {
				t.Errorf("%d bytes, %v, want %d, %v", len(data), err, len(c.want), c.err)
			}
			r.Close()
			r.(*reader).Wait()
		})
	}
}

// A reader that is closed lets everything go, though nobody reads.
func TestOpenClosed(t *testing.T) {
	b, s := bucket(t)
	put(t, s, "a", "alpha")
	r := Open(t.Context(), b, func() (remote.Piece, error) { return remote.Piece{Object: "s3://data/a", End: 5}, nil })
	if _, err := io.ReadFull(r, make([]byte, 7)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r.(*reader).Wait()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("read of a closed reader: %v", err)
	}
}

func TestOutput(t *testing.T) {
	b, s := bucket(t)
	want := remote.Output{Kind: remote.ObjectOutput, Object: "s3://data/out/0", Commit: "s3://data/out/commit"}
	second := want
	second.Object = "s3://data/out/1"
	create := func(o remote.Output, text string) *Output {
		out, err := Create(t.Context(), b, o, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, text); err != nil {
			t.Fatal(err)
		}
		return out
	}
	create(want, "not the whole").Abort()
	if keys := keysOf(t, s); len(keys) > 0 {
		t.Errorf("left of an output that was given up: %q", keys)
	}
	if r, err := Committed(t.Context(), b, want); r != nil || err != nil {
		t.Errorf("committed before: %v, %v", r, err)
	}
	first, late := create(want, "first"), create(second, "late")
	for _, c := range []struct {
		out    *Output
		status int
	}{{first, 3}, {late, 4}} {
		r, err := c.out.Commit(&remote.Result{Statuses: []int{c.status}})
		if err != nil || r.Statuses[0] != 3 || r.Out != 5 || r.Object != want.Object {
			t.Errorf("result %+v, %v, want the first one's", r, err)
		}
	}
	if got := get(t, s, "out/0"); got != "first" {
		t.Errorf("object %q", got)
	}
	if keys := keysOf(t, s); !slices.Equal(keys, []string{"out/0", "out/commit"}) {
		t.Errorf("objects %q", keys)
	}
}

// An attempt that ends after its run was tidied up leaves nothing.
func TestOutputOfClosedRun(t *testing.T) {
	b, s := bucket(t)
	want := remote.Output{Object: "s3://data/out/0", Commit: "s3://data/out/commit", Open: "s3://data/open"}
	for _, open := range []bool{true, false} {
		if open {
			put(t, s, "open", "")
		}
		out, err := Create(t.Context(), b, want, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, "late"); err != nil {
			t.Fatal(err)
		}
		r, err := out.Commit(&remote.Result{})
		if open && (err != nil || r.Out != 4) || !open && !errors.Is(err, errOver) {
			t.Errorf("open %v: %+v, %v", open, r, err)
		}
		if err := objstore.RemoveAll(t.Context(), s, "o"); open && err != nil {
			t.Fatal(err)
		}
		if keys := keysOf(t, s); len(keys) > 0 {
			t.Errorf("left: %q", keys)
		}
	}
}

// Of attempts that commit at once one counts for all.
func TestCommitRace(t *testing.T) {
	b, s := bucket(t)
	const attempts = 20
	results := make([]*remote.Result, attempts)
	var all sync.WaitGroup
	for i := range attempts {
		all.Go(func() {
			name := string(rune('a' + i))
			out, err := Create(t.Context(), b, remote.Output{Object: "s3://data/" + name, Commit: "s3://data/commit"}, "")
			if err != nil {
				t.Error(err)
				return
			}
			if _, err = io.WriteString(out, name); err != nil {
				t.Error(err)
			}
			if results[i], err = out.Commit(&remote.Result{Statuses: []int{i}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, r := range results {
		if r == nil || r.Object != results[0].Object || r.Statuses[0] != results[0].Statuses[0] {
			t.Fatalf("results differ: %+v, %+v", r, results[0])
		}
	}
	if keys := keysOf(t, s); len(keys) != 2 || !slices.Contains(keys, strings.TrimPrefix(results[0].Object, "s3://data/")) {
		t.Errorf("objects %q, result %s", keys, results[0].Object)
	}
}

func TestDeal(t *testing.T) {
	b, s := bucket(t)
	want := remote.Output{Object: "s3://data/out", Keys: "1,1", Parts: 7}
	dir := t.TempDir()
	out, err := Create(t.Context(), b, want, dir)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var lines []string
	for i := range 20_000 { // more than waits in memory
		lines = append(lines, string(rune('a'+rng.IntN(26)))+" "+strings.Repeat("x", 1000)+string(rune('0'+i%10))+"\n")
	}
	text := strings.TrimSuffix(strings.Join(lines, ""), "\n")
	if _, err := io.Copy(out, bytes.NewBufferString(text)); err != nil {
		t.Fatal(err)
	}
	r, err := out.Commit(&remote.Result{})
	if err != nil {
		t.Fatal(err)
	}
	object := get(t, s, "out")
	if r.Out != int64(len(object)) || len(object) != len(text) || len(r.Dealt.Parts) != want.Parts {
		t.Fatalf("%d bytes, result %+v, object has %d", len(text), r, len(object))
	}
	where := make(map[byte]int)
	var dealt, given [26]strings.Builder
	off := int64(0)
	for i, n := range r.Dealt.Parts {
		if i == r.Dealt.First && object[off:off+r.Dealt.FirstSize] != lines[0] {
			t.Errorf("first line of part %d is not the first", i)
		}
		for line := range strings.Lines(object[off : off+n]) {
			if at, ok := where[line[0]]; ok && at != i {
				t.Fatalf("key %c is in parts %d and %d", line[0], at, i)
			}
			where[line[0]] = i
			dealt[line[0]-'a'].WriteString(line)
		}
		off += n
	}
	if last := lines[len(lines)-1]; object[off:]+"\n" != last {
		t.Errorf("what has not ended is %.20q, want %.20q", object[off:], last)
	}
	for _, line := range lines[:len(lines)-1] {
		given[line[0]-'a'].WriteString(line)
	}
	for i := range given {
		if dealt[i].String() != given[i].String() {
			t.Errorf("lines of key %c differ, or are not in order", 'a'+i)
		}
	}
}

func TestList(t *testing.T) {
	_, s := bucket(t)
	streams := objpipe.New(s, "tmp/run/pipes")
	w, err := streams.Create(t.Context(), "list")
	if err != nil {
		t.Fatal(err)
	}
	list := NewLister(w)
	var want []remote.Piece
	for i := range 100 {
		p := remote.Piece{Object: "s3://data/caf\xe9" + strings.Repeat("x", i), Start: int64(i), End: int64(2 * i)}
		want = append(want, p)
		if gone, err := list.Add(p); gone || err != nil {
			t.Fatal(gone, err)
		}
	}
	if err := list.End(0); err != nil {
		t.Fatal(err)
	}
	r, err := streams.Open(t.Context(), "list")
	if err != nil {
		t.Fatal(err)
	}
	next := Listed(r)
	for _, p := range want {
		if got, err := next(); err != nil || got != p {
			t.Fatalf("%+v, %v, want %+v", got, err, p)
		}
	}
	if _, err := next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for _, bad := range []string{"\x00", "\x00\x00\x00\x05ab", "\xff\xff\xff\xff", "\x00\x00\x00\x01\xff"} {
		if _, err := Listed(strings.NewReader(bad))(); err == nil || err == io.EOF {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
