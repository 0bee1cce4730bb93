package objstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"
)

// Stat describes the object under key. A missing one is an error that wraps fs.ErrNotExist.
func Stat(ctx context.Context, s Store, key string) (Object, error) {
	if s, ok := s.(Stater); ok {
		return s.Stat(ctx, key)
	}
	if err := CheckKey(key); err != nil {
		return Object{}, KeyError("stat", key, err)
	}
	for o, err := range s.List(ctx, key) {
		if err != nil {
			return Object{}, err
		}
		if o.Key == key { // a key comes before all that it is a prefix of
			return o, nil
		}
		break
	}
	return Object{}, KeyError("stat", key, fs.ErrNotExist)
}

// Level lists one level under prefix, as Leveler does.
func Level(ctx context.Context, s Store, prefix string) iter.Seq2[Object, error] {
	if s, ok := s.(Leveler); ok {
		return s.Level(ctx, prefix)
	}
	return func(yield func(Object, error) bool) {
		folder := ""
		for o, err := range s.List(ctx, prefix) {
			if err != nil {
				yield(Object{}, err)
				return
			}
			if i := strings.IndexByte(o.Key[len(prefix):], '/'); i >= 0 {
				if folder != "" && strings.HasPrefix(o.Key, folder) {
					continue
				}
				folder = o.Key[:len(prefix)+i+1]
				o = Object{Key: folder, Size: FolderSize}
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

// Append adds body (size bytes, or all of it if size is negative) to the object under key, or creates it. The object
// changes once, whole; of several appends at once none is lost. body is stored under the key scratch first, which must
// not exist and is removed in the end. A store that is no Composer gives an error that wraps errors.ErrUnsupported.
func Append(ctx context.Context, s Store, key, scratch string, body io.Reader, size int64) (err error) {
	c, ok := s.(Composer)
	if !ok {
		return KeyError("append", key, errors.ErrUnsupported)
	}
	if err := CheckKey(key); err != nil {
		return KeyError("append", key, err)
	}
	if err := s.Put(ctx, scratch, body, size, true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Delete(context.WithoutCancel(ctx), scratch)) }()
	for {
		old, err := Stat(ctx, s, key)
		switch {
		case err == nil:
			err = c.Compose(ctx, key, old.Version, key, scratch)
		case errors.Is(err, fs.ErrNotExist):
			err = c.Compose(ctx, key, Absent, scratch)
		default:
			return err
		}
		// Each change that made an attempt fail was another writer's success; deleted between the two calls, key
		// itself is the source that is missing.
		if !errors.Is(err, ErrChanged) && !missing(err, key) {
			return err
		}
	}
}

func missing(err error, key string) bool {
	var path *fs.PathError
	return errors.As(err, &path) && path.Path == key && errors.Is(path.Err, fs.ErrNotExist)
}
