package objstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// MaxKey is the longest key in bytes: S3's own limit (S3 User Guide, "Naming Amazon S3 objects").
const MaxKey = 1024

// ErrKey says that a key is not one that a store takes.
var ErrKey = errors.New("invalid key")

// CheckKey returns an error that wraps ErrKey unless key is one that every store takes: 1 to MaxKey bytes, any but NUL,
// not beginning with '/'. Empty segments, "." and ".." are names like others, and a key that ends in '/' is no folder.
// A store over a service that knows text only refuses, by the same error, keys that are not valid UTF-8.
func CheckKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: it is empty", ErrKey)
	case len(key) > MaxKey:
		return fmt.Errorf("%w: it has %d bytes, at most %d are allowed", ErrKey, len(key), MaxKey)
	case key[0] == '/':
		return fmt.Errorf("%w: it begins with a slash", ErrKey)
	case strings.IndexByte(key, 0) >= 0:
		return fmt.Errorf("%w: it contains a NUL byte", ErrKey)
	}
	return nil
}

// KeyError is the error of operation op on key, which it names once: the operation and path of the file errors that a
// store met on the way mean nothing to its caller. A nil err gives nil.
func KeyError(op, key string, err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return &fs.PathError{Op: op, Path: key, Err: err}
}
