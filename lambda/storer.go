package lambda

import (
	"context"
	"fmt"

	"sshell/pipes/objstore"
	"sshell/remote"
	"sshell/remote/stored"
)

var _ remote.Storer = (*Runner)(nil)

// Scratch implements remote.Storer: it is Config.Bucket.
func (r *Runner) Scratch() string { return r.cfg.Bucket }

// Bucket implements remote.Storer.
func (r *Runner) Bucket(ctx context.Context, name string) (objstore.Store, error) {
	if name == r.cfg.Bucket {
		return r.cfg.Store, nil
	}
	if r.cfg.Buckets == nil {
		return nil, fmt.Errorf("%s: bucket %s is out of reach: use %s", r.what(), name, r.cfg.Bucket)
	}
	return r.cfg.Buckets.Bucket(ctx, name)
}

// List implements remote.Storer.
func (r *Runner) List(ctx context.Context, run, stream string) (remote.Lister, error) {
	w, err := r.cfg.Transport(run).Create(ctx, stream)
	if err != nil {
		return nil, fmt.Errorf("list pieces: %w", err)
	}
	return stored.NewLister(w), nil
}

// RemoveStream implements remote.Storer.
func (r *Runner) RemoveStream(ctx context.Context, run, stream string) error {
	return r.cfg.Transport(run).Remove(ctx, stream)
}
