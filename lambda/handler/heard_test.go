package handler

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sshell/lambda"
	"sshell/pipes/objstore/mem"
	"sshell/remote"
)

// An output goes on as a stream when the client has said that it reads it, and not where nobody does.
func TestHeard(t *testing.T) {
	for _, heard := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := new(mem.Store)
			i := &invocation{req: &lambda.Request{Heard: "tmp/run/heard/1"}, store: store, streams: lambda.Streams(store, "run")}
			if heard {
				time.AfterFunc(time.Second, func() { store.Put(t.Context(), i.req.Heard, strings.NewReader(""), 0, false) })
			}
			w, err := i.goOn(t.Context(), "1")
			if !heard {
				if !errors.Is(err, remote.ErrLost) {
					t.Errorf("an output that nobody reads: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte("text")); err != nil {
				t.Fatal(err)
			}
			if err := w.End(0); err != nil {
				t.Fatal(err)
			}
			i.removeUnheard(t.Context()) // the client is there
			n := objects(t, store)
			if err := store.Delete(t.Context(), i.req.Heard); err != nil {
				t.Fatal(err)
			}
			if i.removeUnheard(t.Context()); n < 2 || objects(t, store) != 0 {
				t.Errorf("%d objects, then %d", n, objects(t, store))
			}
		})
	}
}

// objects counts what a store holds.
func objects(t *testing.T, s *mem.Store) (n int) {
	t.Helper()
	for _, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
