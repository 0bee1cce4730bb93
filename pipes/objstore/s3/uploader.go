package s3

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sshell/pipes/objstore"
)

// Begin implements objstore.Uploader.
func (s *Store) Begin(ctx context.Context, key string) (objstore.Upload, error) {
	if err := begin(ctx, "upload", key); err != nil {
		return objstore.Upload{}, err
	}
	w := newWrite(key, "")
	u, err := s.newUpload(ctx, w, own)
	if err != nil {
		return objstore.Upload{}, s.keyError(ctx, "upload", key, err)
	}
	return objstore.Upload{Key: key, ID: *u.id, Mark: w.mark}, nil
}

// resumed is an upload that was begun.
func (s *Store) resumed(u objstore.Upload, version string) *upload {
	return &upload{write: write{key: u.Key, version: version, mark: u.Mark}, store: s, id: &u.ID, sum: own}
}

// CopyPart implements objstore.Uploader. A request that is on its way when ctx ends has a moment to arrive.
func (s *Store) CopyPart(ctx context.Context, u objstore.Upload, number int, source string, off, n int64) (string, error) {
	if err := begin(ctx, "upload", u.Key); err != nil {
		return "", err
	}
	if number < 1 || number > maxParts {
		return "", objstore.KeyError("upload", u.Key, fmt.Errorf("part %d: they go from 1 to %d", number, maxParts))
	}
	up := s.resumed(u, "")
	up.sending = linger(ctx)
	err := up.copy(ctx, int32(number), piece{Object: objstore.Object{Key: source}, off: off, n: n})
	switch {
	case err == nil:
		return aws.ToString(up.parts[0].ETag), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	}
	return "", err
}

// Complete implements objstore.Uploader.
func (s *Store) Complete(ctx context.Context, u objstore.Upload, version string, tags []string) error {
	if err := begin(ctx, "upload", u.Key); err != nil {
		return err
	}
	up := s.resumed(u, version)
	for i, tag := range tags {
		up.add(types.CompletedPart{PartNumber: aws.Int32(int32(i + 1)), ETag: aws.String(tag)})
	}
	err := s.settle(ctx, up.write, func() error { return up.complete(ctx) })
	return s.keyError(ctx, "upload", u.Key, err)
}

// Abort implements objstore.Uploader.
func (s *Store) Abort(ctx context.Context, u objstore.Upload) error {
	return s.keyError(ctx, "abort", u.Key, s.resumed(u, "").abort(ctx))
}
