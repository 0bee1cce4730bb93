package ledger

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"sshell/pipes/objstore"
)

// Upload is the entry of an upload in parts that has begun, and was neither completed nor aborted: whoever finds one of a run
// that is over aborts the upload, and removes the entry.
type Upload struct {
	Run    string
	Bucket string
	Key    string
	ID     string // this and Mark as objstore.Upload has them
	Mark   string
	Begun  time.Time // to the millisecond
}

// entry is the form of an entry: lines of names and values, texts as Go quotes them, the time in milliseconds since 1970.
const entry = "run %q\nbucket %q\nkey %q\nupload %q\nmark %q\nbegun %d\n"

// EntryKey is the key of a run's n-th upload. The entries of a run are below ledger/<run>/, and go with its ledger.
func (u Upload) EntryKey(n int64) string { return fmt.Sprintf("ledger/%s/uploads/%d", u.Run, n) }

// Note stores an entry under its key. It is there when Note returns.
func (u Upload) Note(ctx context.Context, s objstore.Store, n int64) error {
	text := fmt.Sprintf(entry, u.Run, u.Bucket, u.Key, u.ID, u.Mark, u.Begun.UnixMilli())
	if err := s.Put(ctx, u.EntryKey(n), strings.NewReader(text), int64(len(text)), false); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

// ReadUpload reads the entry under a key. One that is not there is an error that wraps fs.ErrNotExist.
func ReadUpload(ctx context.Context, s objstore.Store, key string) (Upload, error) {
	var u Upload
	body, err := s.Get(ctx, key, 0, -1)
	if err != nil {
		return u, fmt.Errorf("read ledger: %w", err)
	}
	defer body.Close()
	var begun int64
	text, err := io.ReadAll(io.LimitReader(body, maxEntry))
	if err == nil {
		_, err = fmt.Sscanf(string(text), entry, &u.Run, &u.Bucket, &u.Key, &u.ID, &u.Mark, &begun)
	}
	if err != nil {
		return u, fmt.Errorf("read ledger: %s: %w", key, err)
	}
	u.Begun = time.UnixMilli(begun)
	return u, nil
}

// maxEntry is more than an entry has: a bucket's name, a key of 1 KiB, and what S3 calls the upload, each byte as four.
const maxEntry = 64 << 10
