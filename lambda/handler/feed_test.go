package handler

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sshell/lambda"
	"sshell/pipes/objstore/mem"
	"sshell/remote"
)

// TestInputRemoved: an invocation that is run again, when the client has had its answer and removed what it sent, does not wait
// for that, and leaves nothing behind.
func TestInputRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(mem.Store)
		i := &invocation{streams: lambda.Streams(store, "run"), req: &lambda.Request{Stdin: "call/0"}}
		f := &feed{name: "standard input", size: -1, task: t.Context(), ctx: t.Context(), open: i.sent}
		began := time.Now()
		if err := f.Feed(); !errors.Is(err, remote.ErrLost) || time.Since(began) > 2*sentWithin {
			t.Errorf("%v after %v, want that it is lost after %v", err, time.Since(began), sentWithin)
		}
		for o := range store.List(t.Context(), "") {
			t.Error("left:", o.Key)
		}
	})
}
