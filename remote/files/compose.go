package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
)

// Compose makes an object of content, behind what it has if add, without moving its bytes, and removes content. The error
// says why there is no object: what could not be removed expires by the bucket's rules. Content that was refused is only
// removed.
func (f *Files) Compose(ctx context.Context, name string, add bool, content plan.Content) error {
	var err error
	if !content.Refused {
		err = f.compose(ctx, name, add, &content)
	}
	_ = f.Discard(ctx, content)
	return cause(err)
}

// compose makes the object. Content loses its upload when that is completed.
func (f *Files) compose(ctx context.Context, name string, add bool, content *plan.Content) error {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return err
	}
	if u := content.Upload; u != nil {
		if err := f.complete(ctx, u); err != nil {
			return err
		}
		content.Upload, content.Sources = nil, []string{u.Name}
		if u.Name == name {
			return nil
		}
	}
	sources, err := f.sources(name, *content)
	if err != nil {
		return err
	}
	return compose(ctx, s, key, add, sources)
}

// complete makes the object of an upload, and removes the ledger's entry. One that stays misleads nobody: there is no such
// upload.
func (f *Files) complete(ctx context.Context, u *plan.Upload) error {
	s, upload, err := f.upload(ctx, u)
	if err == nil {
		err = s.Complete(ctx, upload, "", u.Tags)
	}
	if err == nil {
		_ = f.remove(ctx, u.Entry)
	}
	return err
}

// upload finds an upload and its store.
func (f *Files) upload(ctx context.Context, u *plan.Upload) (objstore.Uploader, objstore.Upload, error) {
	s, key, err := f.object(ctx, u.Name)
	if err != nil {
		return nil, objstore.Upload{}, err
	}
	up, ok := s.(objstore.Uploader)
	if !ok {
		return nil, objstore.Upload{}, errors.ErrUnsupported
	}
	return up, objstore.Upload{Key: key, ID: u.ID, Mark: u.Mark}, nil
}

// remove removes one object.
func (f *Files) remove(ctx context.Context, name string) error {
	s, key, err := f.object(ctx, name)
	if err != nil {
		return err
	}
	return s.Delete(ctx, key)
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

// Discard removes content, as much as can be. The error is the first.
func (f *Files) Discard(ctx context.Context, content plan.Content) error {
	aborted := f.abort(ctx, content.Upload)
	if err := f.removeScratch(ctx, content); err != nil && aborted == nil {
		return fmt.Errorf("remove %s: %w", content.Scratch, cause(err))
	}
	return aborted
}

func (f *Files) removeScratch(ctx context.Context, content plan.Content) error {
	if content.Scratch == "" {
		return nil
	}
	s, prefix, err := f.object(ctx, content.Scratch)
	if err != nil {
		return err
	}
	if content.Open != "" {
		open, err := objstore.ParseURL(content.Open)
		if err == nil {
			err = objstore.RemoveAll(ctx, s, open.Key)
		}
		if err != nil {
			return err
		}
	}
	return objstore.RemoveAll(ctx, s, prefix)
}

// abort aborts an upload, of which there may be none, and removes its entry in the ledger. That stays while the upload may.
func (f *Files) abort(ctx context.Context, u *plan.Upload) error {
	if u == nil {
		return nil
	}
	s, upload, err := f.upload(ctx, u)
	if err == nil {
		err = s.Abort(ctx, upload)
	}
	if err == nil {
		err = f.remove(ctx, u.Entry)
	}
	if err != nil {
		return fmt.Errorf("abort the upload of %s: %w", u.Name, cause(err))
	}
	return nil
}
