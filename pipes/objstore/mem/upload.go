package mem

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"

	"sshell/pipes/objstore"
)

// upload is one that was begun.
type upload struct {
	key   string
	parts map[int]part
}

type part struct {
	data []byte
	tag  string
}

// Begin implements objstore.Uploader.
func (s *Store) Begin(ctx context.Context, key string) (objstore.Upload, error) {
	if err := begin(ctx, "upload", key); err != nil {
		return objstore.Upload{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads == nil {
		s.uploads = map[string]*upload{}
	}
	s.version++
	id := strconv.FormatUint(s.version, 10)
	s.uploads[id] = &upload{key: key, parts: map[int]part{}}
	return objstore.Upload{Key: key, ID: id}, nil
}

// find gives an upload. s.mu is held.
func (s *Store) find(u objstore.Upload) (*upload, error) {
	up, ok := s.uploads[u.ID]
	if !ok || up.key != u.Key {
		return nil, objstore.KeyError("upload", u.Key, objstore.ErrNoUpload)
	}
	return up, nil
}

// CopyPart implements objstore.Uploader.
func (s *Store) CopyPart(ctx context.Context, u objstore.Upload, number int, source string, off, n int64) (string, error) {
	o, err := s.get(ctx, "upload", source)
	if err != nil {
		return "", err
	}
	if off < 0 || n < 1 || n > objstore.MaxPart || off > int64(len(o.data))-n || number < 1 || number > objstore.MaxParts {
		return "", objstore.KeyError("upload", source, fs.ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	up, err := s.find(u)
	if err != nil {
		return "", err
	}
	s.version++
	p := part{o.data[off : off+n], strconv.FormatUint(s.version, 10)}
	up.parts[number] = p
	return p.tag, nil
}

// Complete implements objstore.Uploader.
func (s *Store) Complete(ctx context.Context, u objstore.Upload, version string, tags []string) error {
	if err := begin(ctx, "upload", u.Key); err != nil {
		return err
	}
	data, err := s.join(u, tags)
	if err == nil {
		err = objstore.KeyError("upload", u.Key, s.set(u.Key, version, data))
	}
	if err != nil {
		return err
	}
	return s.Abort(ctx, u)
}

// join gives the bytes of an upload's parts.
func (s *Store) join(u objstore.Upload, tags []string) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	up, err := s.find(u)
	if err != nil {
		return nil, err
	}
	var data []byte
	for i, tag := range tags {
		p := up.parts[i+1]
		if p.tag != tag || i+1 < len(tags) && len(p.data) < objstore.MinPart {
			return nil, objstore.KeyError("upload", u.Key, fmt.Errorf("part %d of %d, %q of %d bytes: %w", i+1, len(tags), tag, len(p.data), fs.ErrInvalid))
		}
		data = append(data, p.data...)
	}
	if len(tags) == 0 {
		return nil, objstore.KeyError("upload", u.Key, fmt.Errorf("no parts: %w", fs.ErrInvalid))
	}
	return data, nil
}

// Abort implements objstore.Uploader.
func (s *Store) Abort(_ context.Context, u objstore.Upload) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.uploads, u.ID)
	return nil
}

// Uploads gives the keys of the uploads that were begun and neither completed nor aborted, in no order.
func (s *Store) Uploads() (keys []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, up := range s.uploads {
		keys = append(keys, up.key)
	}
	return keys
}
