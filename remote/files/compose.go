package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
)

// Compose makes an object of content, behind what it has if add, without moving its bytes, and removes content.
func (f *Files) Compose(ctx context.Context, name string, add bool, content plan.Content) error {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return err
	}
	sources, err := f.sources(name, content)
	if err == nil {
		err = compose(ctx, s, key, add, sources)
	}
	discarded := f.Discard(ctx, content)
	if err == nil {
		return nil // the object is there; what could not be removed expires by the bucket's rule
	}
	return errors.Join(cause(err), discarded)
}

// sources gives the keys of content, which is of the bucket of a name.
func (f *Files) sources(name string, content plan.Content) ([]string, error) {
	u, err := objstore.ParseURL(name)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, source := range content.Sources {
		from, err := objstore.ParseURL(source)
		if err == nil && from.Bucket != u.Bucket {
			err = fmt.Errorf("%s is in another bucket: %w", source, fs.ErrInvalid)
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, from.Key)
	}
	return keys, nil
}

func compose(ctx context.Context, s objstore.Store, key string, add bool, sources []string) error {
	c, ok := s.(objstore.Composer)
	if !ok {
		return errors.ErrUnsupported
	}
	if !add {
		return c.Compose(ctx, key, "", sources...)
	}
	for {
		old, err := objstore.Stat(ctx, s, key)
		switch {
		case err == nil:
			err = c.Compose(ctx, key, old.Version, append([]string{key}, sources...)...)
		case errors.Is(err, fs.ErrNotExist):
			err = c.Compose(ctx, key, objstore.Absent, sources...)
		}
		if !errors.Is(err, objstore.ErrChanged) { // by another writer, who succeeded
			return err
		}
	}
}

// Discard removes content.
func (f *Files) Discard(ctx context.Context, content plan.Content) error {
	s, prefix, err := f.object(ctx, content.Scratch)
	if err == nil && content.Open != "" {
		var open objstore.URL
		if open, err = objstore.ParseURL(content.Open); err == nil {
			err = objstore.RemoveAll(ctx, s, open.Key)
		}
	}
	if err == nil {
		err = objstore.RemoveAll(ctx, s, prefix)
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", content.Scratch, cause(err))
	}
	return nil
}
