package handler

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"sshell/remote"
)

// TestSpool: what is not too large becomes a file without a name; what is stays a pipe, and nothing of it is lost.
func TestSpool(t *testing.T) {
	const text = "one\ntwo\nthree\n"
	broken := errors.New("connection lost")
	for _, test := range []struct {
		name string
		most int64
		err  error // of the source, behind its text
		file bool
	}{
		{name: "smaller", most: 100, file: true},
		{name: "as large", most: int64(len(text)), file: true},
		{name: "larger", most: 5},
		{name: "broken", most: 100, err: broken},
	} {
		t.Run(test.name, func(t *testing.T) {
			tmp, closed := t.TempDir(), 0
			i := &invocation{task: &remote.Task{Input: remote.Input{Kind: remote.InlineInput}}}
			f, err := i.input(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f.size = int64(len(text))
			f.open = func(context.Context) (io.ReadCloser, error) {
				var src io.Reader = strings.NewReader(text)
				if test.err != nil {
					src = io.MultiReader(src, failing{test.err})
				}
				return counted{src, &closed}, nil
			}
			err = f.spool(t.Context(), tmp, test.most)
			if test.err != nil {
				f.abandon()
				if !errors.Is(err, test.err) || !errors.Is(err, remote.ErrLost) {
					t.Errorf("%v, want that it is lost", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			info, err := f.r.Stat()
			if err != nil || info.Mode().IsRegular() != test.file {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			fed := make(chan error, 1)
			go func() { fed <- f.Feed() }()
			got, err := io.ReadAll(f.r)
			if ferr := <-fed; string(got) != text || err != nil || ferr != nil {
				t.Errorf("%q, %v, %v", got, err, ferr)
			}
			f.Stop()
			f.r.Close()
			if n, _ := f.End(); n != int64(len(text)) || closed != 1 {
				t.Errorf("read %d bytes, closed %d times", n, closed)
			}
			if list, err := os.ReadDir(tmp); len(list) > 0 || err != nil {
				t.Errorf("left %v, %v", list, err)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type counted struct {
	io.Reader
	closed *int
}

func (c counted) Close() error { *c.closed++; return nil }
