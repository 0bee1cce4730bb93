package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
)

// bucket gives the store of the bucket data, with an object in it and some that are to be made one.
func bucket(t *testing.T) (*Files, objstore.Store) {
	t.Helper()
	b := new(mem.Buckets)
	s, err := b.Bucket(t.Context(), "data")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"out", "tmp/1/a", "tmp/1/b", "tmp/1/open", "tmp/2/c"} {
		if err := s.Put(t.Context(), key, strings.NewReader(key+" "), -1, true); err != nil {
			t.Fatal(err)
		}
	}
	return New(b), s
}

func look(t *testing.T, s objstore.Store, key string) (text string, keys []string) {
	t.Helper()
	for o, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	body, err := s.Get(t.Context(), key, 0, -1)
	if err != nil {
		return "", keys
	}
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(all), keys
}

func TestOutputOfContent(t *testing.T) {
	content := func(sources ...string) plan.Content {
		return plan.Content{Sources: sources, Scratch: "s3://data/tmp/1/", Open: "s3://data/tmp/1/open"}
	}
	for _, c := range []struct {
		name, key string
		add       bool
		content   plan.Content
		abort     bool
		want      string
		err       error
	}{
		{"over what there is", "out", false, content("s3://data/tmp/1/a", "s3://data/tmp/1/b"), false, "tmp/1/a tmp/1/b ", nil},
		{"behind it", "out", true, content("s3://data/tmp/1/b"), false, "out tmp/1/b ", nil},
		{"behind nothing", "new", true, content("s3://data/tmp/1/b"), false, "tmp/1/b ", nil},
		{"of nothing", "out", false, content(), false, "", nil},
		{"given up", "out", false, content("s3://data/tmp/1/a"), true, "out ", nil},
		{"refused", "out", false, plan.Content{Refused: true, Scratch: "s3://data/tmp/1/", Open: "s3://data/tmp/1/open"}, false, "out ", nil},
		{"of what is missing", "out", false, content("s3://data/tmp/1/a", "s3://data/tmp/1/no"), false, "out ", fs.ErrNotExist},
		{"of another bucket", "out", false, content("s3://else/tmp/1/a"), false, "out ", fs.ErrInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, s := bucket(t)
			out, err := f.Create(t.Context(), "s3://data/"+c.key, c.add)
			if err != nil {
				t.Fatal(err)
			}
			o := out.(plan.ObjectOutput)
			if name, add := o.Object(); name != "s3://data/"+c.key || add != c.add {
				t.Errorf("object %s, %v", name, add)
			}
			o.Make(c.content)
			finish := out.Commit
			if c.abort {
				finish = out.Abort
			}
			if err := finish(); !errors.Is(err, c.err) {
				t.Errorf("%v, want %v", err, c.err)
			}
			text, keys := look(t, s, c.key)
			if text != c.want || slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, "tmp/1/") }) ||
				!slices.Contains(keys, "tmp/2/c") {
				t.Errorf("%q, objects %q, want %q", text, keys, c.want)
			}
		})
	}
}

// TestOutputOfUpload completes or aborts what was put together before.
func TestOutputOfUpload(t *testing.T) {
	for _, c := range []struct {
		name   string
		add    bool
		upload string // of what
		spoil  func(objstore.Uploader, objstore.Upload) error
		abort  bool
		want   string
		err    error
	}{
		{"over what there is", false, "out", nil, false, "tmp/1/b ", nil},
		{"behind it", true, "tmp/1/whole", nil, false, "out tmp/1/b ", nil},
		{"given up", false, "out", nil, true, "out ", nil},
		{"aborted by another", false, "out", func(u objstore.Uploader, up objstore.Upload) error {
			return u.Abort(context.Background(), up)
		}, false, "out ", objstore.ErrNoUpload},
		{"aborted by another and given up", true, "tmp/1/whole", func(u objstore.Uploader, up objstore.Upload) error {
			return u.Abort(context.Background(), up)
		}, true, "out ", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, s := bucket(t)
			u := s.(objstore.Uploader)
			up, err := u.Begin(t.Context(), c.upload)
			if err != nil {
				t.Fatal(err)
			}
			tag, err := u.CopyPart(t.Context(), up, 1, "tmp/1/b", 0, 8)
			if err != nil {
				t.Fatal(err)
			}
			if c.spoil != nil {
				if err := c.spoil(u, up); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Put(t.Context(), "ledger/1/uploads/0", strings.NewReader(""), 0, true); err != nil {
				t.Fatal(err)
			}
			content := plan.Content{Scratch: "s3://data/tmp/1/", Open: "s3://data/tmp/1/open", Upload: &plan.Upload{
				Name: "s3://data/" + c.upload, ID: up.ID, Mark: up.Mark, Tags: []string{tag}, Entry: "s3://data/ledger/1/uploads/0"}}
			out, err := f.Create(t.Context(), "s3://data/out", c.add)
			if err != nil {
				t.Fatal(err)
			}
			out.(plan.ObjectOutput).Make(content)
			finish := out.Commit
			if c.abort {
				finish = out.Abort
			}
			if err := finish(); !errors.Is(err, c.err) {
				t.Errorf("%v, want %v", err, c.err)
			}
			text, keys := look(t, s, "out")
			if want := []string{"out", "tmp/2/c"}; text != c.want || !slices.Equal(keys, want) {
				t.Errorf("%q, objects %q, want %q, objects %q", text, keys, c.want, want)
			}
			if left := s.(*mem.Store).Uploads(); len(left) > 0 {
				t.Errorf("uploads of %q are left", left)
			}
		})
	}
}

func TestOutputOfFile(t *testing.T) {
	for _, c := range []struct {
		add  bool
		want string
	}{{false, "text"}, {true, "out text"}} {
		f, s := bucket(t)
		out, err := f.Create(t.Context(), "s3://data/out", c.add)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.File().WriteString("text"); err != nil {
			t.Fatal(err)
		}
		if text, _ := look(t, s, "out"); text != "out " {
			t.Errorf("before the commit: %q", text)
		}
		if err := out.Commit(); err != nil {
			t.Fatal(err)
		}
		if text, _ := look(t, s, "out"); text != c.want {
			t.Errorf("%q, want %q", text, c.want)
		}
	}
}

func TestOpenAndRange(t *testing.T) {
	f, _ := bucket(t)
	file, err := f.Open(t.Context(), "s3://data/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if text, err := io.ReadAll(file); string(text) != "out " || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	body, ok, err := f.Range(t.Context(), "s3://data/out", 1, 2)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if text, err := io.ReadAll(body); string(text) != "ut" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	for _, name := range []string{"s3://data/no", "s3://data/tmp/1"} {
		if _, err := f.Open(context.Background(), name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
