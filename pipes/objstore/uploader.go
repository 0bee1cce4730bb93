package objstore

import (
	"context"
	"errors"
)

// Limits of an Uploader (S3 User Guide, "Amazon S3 multipart upload limits").
const (
	MinPart   = 5 << 20 // bytes of every part but the last
	MaxPart   = 5 << 30 // bytes of a part
	MaxParts  = 10_000
	MaxObject = 5 << 40 // bytes
)

// ErrNoUpload says that an upload is not there any more: it was aborted.
var ErrNoUpload = errors.New("its upload was aborted meanwhile")

// Upload is an object that is being put together of parts. It is a value that can be kept, and used by other processes.
type Upload struct {
	Key  string
	ID   string
	Mark string // by which the object is told from what others make under its key; empty where the store needs none
}

// Uploader is a Store where an object can be put together while its sources come to be, without moving their bytes through
// the caller. All methods may be called concurrently.
type Uploader interface {
	// Begin begins an object. Nothing is seen of it before Complete, and what is not completed is to be aborted. A Begin that
	// fails may leave an upload, without a part, if its response was lost.
	Begin(ctx context.Context, key string) (Upload, error)

	// CopyPart makes the n bytes of source from byte off on the part of a number, from 1 to MaxParts, or replaces it, and
	// returns the part's tag. They must be there. Parts may come in any order. A missing source is an error that wraps
	// fs.ErrNotExist and names the source.
	CopyPart(ctx context.Context, u Upload, number int, source string, off, n int64) (tag string, err error)

	// Complete makes the object of its parts, whose tags are in order from number 1 on; there must be one. version is as
	// Composer takes it. After an error the upload may be there or not. One that is not there is an error that wraps
	// ErrNoUpload, but not after a Complete of the same upload that succeeded, while nobody else has written the key.
	Complete(ctx context.Context, u Upload, version string, tags []string) error

	// Abort removes an upload and its parts. One that is not there is no error. No CopyPart may be under way.
	Abort(ctx context.Context, u Upload) error
}
