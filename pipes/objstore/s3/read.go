package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sshell/pipes/objstore"
)

// cuts is how often a body is read on after its connection was cut, before any byte came: a network that brings some bytes
// each time makes progress.
const cuts = 3

// version is the entity tag without its quotes; tag puts them back.
func version(tag *string) string { return strings.Trim(aws.ToString(tag), `"`) }

func tag(version string) *string { return aws.String(`"` + version + `"`) }

// Stat implements objstore.Stater.
func (s *Store) Stat(ctx context.Context, key string) (objstore.Object, error) {
	if err := begin(ctx, "stat", key); err != nil {
		return objstore.Object{}, err
	}
	in := &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key}
	head, err := s.client.HeadObject(ctx, in)
	if err != nil {
		if err = s.reason(ctx, key, err); err == nil {
			head, err = s.client.HeadObject(ctx, in)
		}
	}
	if err != nil {
		return objstore.Object{}, s.keyError(ctx, "stat", key, err)
	}
	return objstore.Object{Key: key, Size: aws.ToInt64(head.ContentLength), ModTime: modTime(head.LastModified), Version: version(head.ETag)}, nil
}

// reason asks again, by a GET, why a HEAD was refused: an answer to HEAD has no body, which alone would tell a wrong region,
// key or secret from each other. A GET takes the same right. It gives nil where the GET is answered: the SDK, which learns from
// such a body only that this machine's clock is off, has set it right. Where it says no more, err stays the reason.
func (s *Store) reason(ctx context.Context, key string, err error) error {
	if name := code(err); name != codeBadRequest && name != codeForbidden {
		return err
	}
	first := aws.String("bytes=0-0")
	out, again := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key, Range: first})
	if again == nil {
		out.Body.Close()
		return nil
	}
	switch code(again) {
	case "":
		return err
	case codeRange: // it is empty
		return nil
	}
	return again
}

// modTime cuts a listing's time to the seconds that a HEAD gives.
func modTime(t *time.Time) time.Time { return aws.ToTime(t).Truncate(time.Second) }

// Get implements objstore.Store.
func (s *Store) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	if err := begin(ctx, "get", key); err != nil {
		return nil, err
	}
	if off < 0 {
		return nil, objstore.KeyError("get", key, fs.ErrInvalid)
	}
	if n == 0 { // a range cannot be empty
		_, err := s.Stat(ctx, key)
		return io.NopCloser(bytes.NewReader(nil)), err
	}
	b, err := s.open(ctx, key, "", off, n)
	if err != nil {
		return nil, s.keyError(ctx, "get", key, err)
	}
	return b, nil
}

// open begins to read n bytes from off on, of one version if that is not empty.
func (s *Store) open(ctx context.Context, key, of string, off, n int64) (*body, error) {
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	switch {
	case n >= 0:
		n = min(n, math.MaxInt64-off)
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", off, off+n-1))
	case off > 0:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", off))
	}
	if of != "" {
		in.IfMatch = tag(of)
	}
	out, err := s.client.GetObject(ctx, in)
	if code(err) == codeRange {
		return &body{ctx: ctx, store: s, key: key, in: io.NopCloser(bytes.NewReader(nil))}, nil
	}
	if err != nil {
		return nil, err
	}
	return &body{ctx: ctx, store: s, key: key, version: version(out.ETag), off: off, left: aws.ToInt64(out.ContentLength), in: out.Body}, nil
}

// body is what Get returns: it goes on where a connection was cut.
type body struct {
	ctx          context.Context // Get's, for the body's life
	store        *Store
	key, version string
	off, left    int64 // where the next byte is, and how many there are
	in           io.ReadCloser
	cuts         int // since the last byte
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	for {
		if err := b.ctx.Err(); err != nil {
			return 0, err
		}
		n, err := b.in.Read(p)
		b.off += int64(n)
		b.left -= int64(n)
		if n > 0 {
			b.cuts = 0
			if b.left == 0 {
				return b.last(n, err)
			}
		}
		switch {
		case err == nil, err == io.EOF && b.left <= 0:
			return n, err
		case n > 0:
			return n, nil // the error comes again
		case b.ctx.Err() != nil:
			return 0, b.ctx.Err()
		case b.left <= 0, b.cuts == cuts:
			return 0, b.store.keyError(b.ctx, "read", b.key, err)
		}
		b.cuts++
		if err := b.reopen(err); err != nil {
			return 0, err
		}
	}
}

// last gives the body's last n bytes, unless their checksum differs: the SDK says so at the end, which whoever reads as many
// bytes as there are would not see.
func (b *body) last(n int, err error) (int, error) {
	if err == nil {
		_, err = io.ReadFull(b.in, make([]byte, 1))
	}
	if err != nil && err != io.EOF {
		return 0, b.store.keyError(b.ctx, "read", b.key, err)
	}
	return n, nil
}

// reopen asks for the rest of the same version.
func (b *body) reopen(cause error) error {
	again, err := b.store.open(b.ctx, b.key, b.version, b.off, b.left)
	if err != nil {
		return b.store.keyError(b.ctx, "read", b.key, errors.Join(cause, err))
	}
	b.in.Close()
	b.in = again.in
	return nil
}

// Close implements io.Closer.
func (b *body) Close() error { return b.in.Close() }
