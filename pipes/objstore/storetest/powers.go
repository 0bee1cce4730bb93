package storetest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"testing"

	"sshell/pipes/objstore"
)

// plain hides all that a store can do beyond Store's methods.
type plain struct{ objstore.Store }

// collect gives keys; a folder's is marked by a size of FolderSize.
func collect(t *testing.T, list iter.Seq2[objstore.Object, error]) []string {
	t.Helper()
	var all []string
	for o, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		key := o.Key
		if o.Size == objstore.FolderSize {
			key += "(folder)"
		}
		all = append(all, key)
	}
	return all
}

func testLevel(t *testing.T, s objstore.Store, with traits) {
	keys := []string{"a", "a/b", "a/c/d", "a/c/e", "a/c", "b//x", "b/", "c.d/x", "c", "gone/x/y"}
	levels := map[string][]string{
		"":     {"a", "a/(folder)", "b/(folder)", "c", "c.d/(folder)"},
		"a":    {"a", "a/(folder)"},
		"a/":   {"a/b", "a/c", "a/c/(folder)"},
		"a/c/": {"a/c/d", "a/c/e"},
		"a/x":  nil,
		"b/":   {"b/", "b//(folder)"},
		"b//":  {"b//x"},
		"c":    {"c", "c.d/(folder)"},
		"gone": nil,
	}
	if with.has(Files) {
		keys = with.fit(keys)
		levels = map[string][]string{
			"":     {"a/(folder)", "c", "c.d/(folder)"},
			"a":    {"a/(folder)"},
			"a/":   {"a/b", "a/c/(folder)"},
			"a/c/": {"a/c/d", "a/c/e"},
			"a/x":  nil,
			"c":    {"c", "c.d/(folder)"},
			"gone": nil,
		}
	}
	for _, key := range keys {
		put(t, s, key, "x")
	}
	if err := s.Delete(t.Context(), "gone/x/y"); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range levels {
		for _, s := range []objstore.Store{s, plain{s}} {
			if got := collect(t, objstore.Level(t.Context(), s, prefix)); !slices.Equal(got, want) {
				t.Errorf("level %q:\n got %q\nwant %q", prefix, got, want)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var err error
	for _, err = range objstore.Level(ctx, s, "") {
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("level after the context ended: %v, want context.Canceled", err)
	}
}

func testGlob(t *testing.T, s objstore.Store, with traits) {
	all := with.fit([]string{"a.fq", "b.fq", "b.txt", "lab", "lab/a.fq", "lab/b.fq", "lab/deep/c.fq", "lab/deep/d/e.fq", "lab/.hidden.fq",
		"lab.old/a.fq", "odd/", "odd//x.fq", "star*.fq", "[x].fq", ".dot/a.fq", "a\\b"})
	for _, key := range all {
		put(t, s, key, "x")
	}
	slices.Sort(all)
	for _, pattern := range []string{"", "a.fq", "nothing", "*.fq", "*", "**", "*/*.fq", "lab/*", "lab*/*.fq", "**/*.fq", "lab/**/*.fq",
		"lab/**", "odd/**", "odd/**/", "?.fq", "[ab].fq", "[!a].fq", `star\**`, `star\*.fq`, `\[x\].fq`, "[[]x].fq", "*/", "odd//*", "*//*.fq", "odd/", ".*/*",
		"lab/d*/*", "*/*/*/*", "**/d/*", `lab\/a.fq`, `l*\/a.fq`, `a\\b`, "lab/nothing/*", "/*", strings.Repeat("x", 2000)} {
		var want []string
		for _, key := range all {
			if objstore.Match(pattern, key) {
				want = append(want, key)
			}
		}
		for _, s := range []objstore.Store{s, plain{s}} {
			if got := collect(t, objstore.Glob(t.Context(), s, pattern)); !slices.Equal(got, want) {
				t.Errorf("glob %.80q:\n got %q\nwant %q", pattern, got, want)
			}
		}
	}
	for o, err := range objstore.Glob(t.Context(), s, "*/*.fq") {
		if err != nil || o.Size != 1 {
			t.Errorf("glob gives %+v, %v", o, err)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, pattern := range []string{"a.fq", "*.fq", "lab/*/c.fq", "**"} {
		var last error
		for _, err := range objstore.Glob(ctx, s, pattern) {
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("glob %q after the context ended: %v, want context.Canceled", pattern, last)
		}
	}
}

func testStat(t *testing.T, s objstore.Store, with traits) {
	put(t, s, "a/b", "12345")
	if !with.has(Files) {
		put(t, s, "a/b/c", "1")
	}
	for _, s := range []objstore.Store{s, plain{s}} {
		if o, err := objstore.Stat(t.Context(), s, "a/b"); err != nil || o.Key != "a/b" || o.Size != 5 {
			t.Errorf("stat: %+v, %v", o, err)
		}
		for _, key := range []string{"a", "a/", "b", "a/b/", "a/b/c/d"} {
			_, err := objstore.Stat(t.Context(), s, key)
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("stat %q: %v, want an error that wraps fs.ErrNotExist", key, err)
			}
			wantPath(t, err, key)
		}
	}
	seen := map[string]bool{}
	for i := range 200 {
		data := "same"
		if with.has(Digests) {
			data = strings.Repeat(data, i)
		}
		put(t, s, "v", data)
		o, err := objstore.Stat(t.Context(), s, "v")
		if err != nil {
			t.Fatal(err)
		}
		if o.Version != "" && seen[o.Version] {
			t.Fatalf("two puts gave one version, %q", o.Version)
		}
		seen[o.Version] = true
	}
}

func testCompose(t *testing.T, s objstore.Store) {
	c, ok := s.(objstore.Composer)
	if !ok {
		return
	}
	put(t, s, "p/1", "one ")
	put(t, s, "p/2", "two ")
	put(t, s, "p/0", "")
	for _, sources := range [][]string{nil, {"p/1"}, {"p/1", "p/0", "p/2", "p/1"}, {"out", "p/2"}, {"p/1", "out", "out"}} {
		wanted := ""
		for _, source := range sources {
			data, err := read(t.Context(), s, source)
			if err != nil {
				t.Fatal(err)
			}
			wanted += data
		}
		if err := c.Compose(t.Context(), "out", "", sources...); err != nil {
			t.Fatalf("compose of %q: %v", sources, err)
		}
		want(t, s, "out", wanted)
	}
	put(t, s, "out", "old")
	err := c.Compose(t.Context(), "out", "", "p/1", "nothing")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("compose of a missing source: %v, want an error that wraps fs.ErrNotExist", err)
	}
	wantPath(t, err, "nothing")
	want(t, s, "out", "old")

	o, err := objstore.Stat(t.Context(), s, "out")
	if err != nil {
		t.Fatal(err)
	}
	for _, stale := range []string{objstore.Absent, "stale"} {
		if err := c.Compose(t.Context(), "out", stale, "p/1"); !errors.Is(err, objstore.ErrChanged) {
			t.Errorf("compose over another version than %q: %v, want ErrChanged", stale, err)
		}
	}
	if err := c.Compose(t.Context(), "new/k", o.Version, "p/1"); !errors.Is(err, objstore.ErrChanged) {
		t.Errorf("compose over a version of a missing object: %v, want ErrChanged", err)
	}
	wantKeys(t, s, "new")
	if err := c.Compose(t.Context(), "out", o.Version, "p/1"); err != nil {
		t.Errorf("compose over the version that is there: %v", err)
	}
	if err := c.Compose(t.Context(), "new/k", objstore.Absent, "p/2"); err != nil {
		t.Errorf("compose of a new object: %v", err)
	}
	want(t, s, "out", "one ")
	want(t, s, "new/k", "two ")
}

func testAppend(t *testing.T, s objstore.Store) {
	add := func(s objstore.Store, data string) error {
		return objstore.Append(t.Context(), s, "log/k", "tmp/scratch", strings.NewReader(data), -1)
	}
	if err := add(plain{s}, "x"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("append without a Composer: %v, want errors.ErrUnsupported", err)
	}
	if _, ok := s.(objstore.Composer); !ok {
		return
	}
	whole := ""
	for _, data := range []string{"first\n", "", "second\n", "third"} {
		if err := add(s, data); err != nil {
			t.Fatalf("append: %v", err)
		}
		whole += data
		want(t, s, "log/k", whole)
		wantKeys(t, s, "", "log/k")
	}
	broken := errors.New("broken body")
	body := script{gives("part"), func([]byte) (int, error) { return 0, broken }}
	if err := objstore.Append(t.Context(), s, "log/k", "tmp/scratch", &body, -1); !errors.Is(err, broken) {
		t.Errorf("append of a broken body: %v, want %v", err, broken)
	}
	want(t, s, "log/k", whole)
	wantKeys(t, s, "", "log/k")
}

func testOpen(t *testing.T, s objstore.Store) {
	o, ok := s.(objstore.Opener)
	if !ok {
		return
	}
	put(t, s, "a/b", "0123456789")
	put(t, s, "a", "beside")
	f, err := o.Open(t.Context(), "a/b")
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer f.Close()
	put(t, s, "a/b", "new")
	part := make([]byte, 3)
	if _, err := f.ReadAt(part, 4); err != nil || string(part) != "456" {
		t.Errorf("read a range of the file: %q, %v", part, err)
	}
	if data, err := io.ReadAll(f); err != nil || string(data) != "0123456789" {
		t.Errorf("read the file after its object was replaced: %q, %v", data, err)
	}
	for _, key := range []string{"b", "a/b/c", "a/"} {
		_, err := o.Open(t.Context(), key)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("open %q: %v, want an error that wraps fs.ErrNotExist", key, err)
		}
		wantPath(t, err, key)
	}
}
