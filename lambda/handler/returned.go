package handler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"sshell/lambda"
)

// giveBack archives the files that the task is to give back, for the answer or, where they are large, as an object.
func (i *invocation) giveBack(ctx context.Context) (*lambda.Returned, error) {
	if len(i.task.Return) == 0 {
		return nil, nil
	}
	file, err := os.CreateTemp(i.h.cfg.Tmp, "returned-") // which the next invocation does not find
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := new(lambda.Returned)
	if r.Missing, err = lambda.ArchiveReturned(i.task.Dir, i.task.Return, file); err != nil {
		return nil, fmt.Errorf("give back files: %w", err)
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, err
	}
	if size > lambda.InlineMax {
		r.Key = i.req.Return
		return r, i.store.Put(ctx, r.Key, file, size, false)
	}
	var data bytes.Buffer
	_, err = io.Copy(&data, file)
	r.Inline = data.Bytes()
	return r, err
}
