package handler

import (
	"errors"
	"strings"
	"testing"

	"sshell/lambda"
	"sshell/pipes/objstore/mem"
	"sshell/remote"
)

// A task whose segment is over ends, and leaves nothing of its streams; what others have is left alone while it is not.
func TestOver(t *testing.T) {
	for _, over := range []bool{false, true} {
		buckets := new(mem.Buckets)
		store, err := buckets.Bucket(t.Context(), "data")
		if err != nil {
			t.Fatal(err)
		}
		if !over {
			if err := store.Put(t.Context(), "tmp/run/tasks/streams", strings.NewReader(""), 0, false); err != nil {
				t.Fatal(err)
			}
		}
		const open = "s3://data/tmp/run/tasks/streams"
		i := &invocation{h: &Handler{cfg: Config{Buckets: buckets}}, streams: lambda.Streams(store, "run"), task: &remote.Task{
			Input:  remote.Input{Kind: remote.PipeInput, Stream: "in", Open: open},
			Output: remote.Output{Kind: remote.PipeOutput, Stream: "out", Open: open},
		}}
		w, err := i.streams.Create(t.Context(), "out")
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write([]byte("late"))
		r, openErr := i.streams.Open(t.Context(), "in")
		if err = errors.Join(err, openErr, w.End(0)); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil { // which stores a mark
			t.Fatal(err)
		}
		if i.isOver(t.Context()) != over {
			t.Errorf("over: %v, want %v", !over, over)
		}
		i.forget(t.Context())
		n := 0
		for range store.List(t.Context(), "tmp/run/pipes/") {
			n++
		}
		if (n == 0) != over {
			t.Errorf("over %v: %d objects", over, n)
		}
	}
}
