package handler

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"sshell/pipes/objstore"
	"sshell/remote"
)

// errOver is why a task is stopped whose segment is over. That is an invocation that Lambda has delivered twice: the first
// answer counts, and nobody tells the second function.
var errOver = errors.New("nobody waits for the task any more")

// overEvery is the number of looks for the mark for each at what is there while the task's segment is: a function that waits
// for a stream that was removed is paid for until its deadline, or for six seconds.
const overEvery = 3

// shared gives the streams that the task has with others of its segment, and what is there as long as somebody waits for it.
func (i *invocation) shared() (streams []string, open string) {
	in, out := i.task.Input, i.task.Output
	if in.Kind == remote.PipeInput || in.Kind == remote.ListInput {
		streams, open = append(streams, in.Stream), in.Open
	}
	if out.Kind == remote.PipeOutput {
		streams, open = append(streams, out.Stream), out.Open
	}
	return slices.DeleteFunc(streams, func(string) bool { return open == "" }), open
}

// isOver reports whether it is known that the segment is over.
func (i *invocation) isOver(ctx context.Context) bool {
	_, open := i.shared()
	if open == "" {
		return false
	}
	u, err := objstore.ParseURL(open)
	if err != nil {
		return false
	}
	s, err := i.h.cfg.Buckets.Bucket(ctx, u.Bucket)
	if err == nil {
		_, err = objstore.Stat(ctx, s, u.Key)
	}
	return errors.Is(err, fs.ErrNotExist)
}

// forget removes what the task has stored of streams that were removed before. Who removes them does so after what isOver
// looks for, so that nothing stays.
func (i *invocation) forget(ctx context.Context) {
	if i.task == nil || !i.isOver(ctx) {
		return
	}
	streams, _ := i.shared()
	for _, name := range streams {
		_ = i.streams.Remove(ctx, name) // what cannot be removed expires by the bucket's rule
	}
}
