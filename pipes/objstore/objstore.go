// Package objstore is the little of S3 that sshell needs, said without S3: objects under keys, written whole or not at
// all, read by range, listed in order. The folder store (package dir), the one for tests (mem) and the cloud's are
// implementations of Store that pass one suite (storetest); decorators such as retries wrap one.
//
// A bucket is one Store; Buckets gives the Store of a name. What a store can do beyond Store's four methods it says by
// a second interface: Stater, Leveler, Composer, Uploader, Opener. The functions Stat, Level, Append and Glob work on every Store
// and use those where they are there.
//
// Errors about one key are *fs.PathError with the key as Path, and wrap fs.ErrNotExist, fs.ErrExist, ErrKey, ErrChanged
// or the cause; a caller that prints the name itself takes the Err field.
package objstore

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"time"
)

// ErrChanged says that an object is no longer the version that the caller named.
var ErrChanged = errors.New("object changed meanwhile")

// Object is what a store knows of an object without reading it.
type Object struct {
	Key     string
	Size    int64 // bytes; FolderSize for the folders that Level gives
	ModTime time.Time
	// Version differs between two contents of one key. It is empty where the store cannot tell.
	Version string
}

// FolderSize is the Size of an Object that is no object but a folder: what the keys below it have in common.
const FolderSize = -1

// Store holds the objects of one bucket. All methods may be called from several goroutines and processes, and take
// any key that CheckKey takes; another is an error that wraps ErrKey. When ctx ends they return its error soon.
type Store interface {
	// Put stores exactly size bytes of body under key, or all of body if size is negative. The object appears whole,
	// once Put returns nil, or not at all: on an error, an early end of body (io.ErrUnexpectedEOF) or the end of ctx
	// the key has what it had. With create it must not exist: otherwise the error wraps fs.ErrExist, and body may
	// be unread; of any number that create one key at once exactly one wins. A network store that lost the
	// response may return an error for an object that is stored.
	//
	// Put does not close body. A body whose Read blocks holds Put up beyond the end of ctx, unless it has the
	// method SetReadDeadline as pipes and sockets do, which is then used.
	Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error

	// Get reads n bytes of the object from byte off on, or to its end if n is negative. What lies beyond the end is
	// left out: an offset at or past the end gives an empty body. A missing object is an error that wraps
	// fs.ErrNotExist, from Get itself; a negative offset is an error. The body is of one version of the object,
	// whatever happens to the key meanwhile, and is to be closed. Its Read fails when ctx ends.
	Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error)

	// List gives the objects whose keys begin with prefix, ordered by the bytes of their keys, each once. Objects
	// that are put or deleted while the listing runs may be in it or not. An error ends the listing and comes with
	// an empty Object. The loop's body may use the store. A bucket that nothing was ever written to is empty.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]

	// Delete removes the objects under keys. Keys that do not exist are no error. On an error, which may join
	// several, each of the keys may or may not have gone.
	Delete(ctx context.Context, keys ...string) error
}

// Buckets gives the stores of a service. It may be called from several goroutines.
type Buckets interface {
	// Bucket returns the store of a bucket. It need not look whether the bucket exists: the first use of the store
	// tells. A name that CheckBucket refuses is an error that wraps ErrBucket.
	Bucket(ctx context.Context, name string) (Store, error)
}

// BucketLister is a Buckets that knows which buckets there are.
type BucketLister interface {
	// BucketNames gives the names of the existing buckets, sorted.
	BucketNames(ctx context.Context) ([]string, error)
}

// Stater is a Store that can describe one object without listing.
type Stater interface {
	// Stat describes the object under key; a missing one is an error that wraps fs.ErrNotExist.
	Stat(ctx context.Context, key string) (Object, error)
}

// Leveler is a Store that can list one level without what lies below.
type Leveler interface {
	// Level is List, but keys that have a '/' after prefix are given once as a folder: the key up to and with that
	// '/', and FolderSize as size.
	Level(ctx context.Context, prefix string) iter.Seq2[Object, error]
}

// Opener is a Store whose objects are files of this machine.
type Opener interface {
	// Open opens the object for reading, as one version of it; for a worker that reads its byte range itself. The
	// file is the caller's to close. A missing object is an error that wraps fs.ErrNotExist.
	Open(ctx context.Context, key string) (*os.File, error)
}

// Absent is what Composer takes as the version of an object that must not exist.
const Absent = "-"

// Composer is a Store that can make an object of others without moving their bytes through the caller.
type Composer interface {
	// Compose stores under key the bytes of sources, one after the other, whole or not at all. key itself may be
	// among them. If version is not empty key must be of that version when the new object takes its place, or must
	// not exist if it is Absent; otherwise the error wraps ErrChanged. A missing source is an error that wraps
	// fs.ErrNotExist and names the source. No sources give an empty object.
	Compose(ctx context.Context, key, version string, sources ...string) error
}
