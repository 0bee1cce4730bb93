package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"sshell/pipes/objstore"
)

// piece is a range of a source.
type piece struct {
	objstore.Object
	off, n int64
}

// part is what one part of the composed object is made of: one piece that is copied on the server, or several, together
// shorter than S3 copies, that are read and sent.
type part struct {
	pieces []piece
	copied bool
}

func (p part) size() (n int64) {
	for _, piece := range p.pieces {
		n += piece.n
	}
	return n
}

// layout cuts sources into parts: each has at least minPart bytes, but the last, and at most most. What is too short to be
// a part is filled up from the next source, so that of every source less than twice minPart is read.
func layout(sources []objstore.Object, most int64) []part {
	var parts []part
	var short part // at the end of those, shorter than minPart
	for _, o := range sources {
		off := int64(0)
		if missing := minPart - short.size(); len(short.pieces) > 0 || o.Size < minPart {
			off = min(missing, o.Size)
			if off > 0 {
				short.pieces = append(short.pieces, piece{o, 0, off})
			}
			if short.size() < minPart {
				continue
			}
			parts, short = append(parts, short), part{}
		}
		rest := o.Size - off
		if rest < minPart {
			if rest > 0 {
				short.pieces = append(short.pieces, piece{o, off, rest})
			}
			continue
		}
		count := (rest + most - 1) / most // equal ones, so that none is too short
		for i := range count {
			from, to := off+rest*i/count, off+rest*(i+1)/count
			parts = append(parts, part{pieces: []piece{{o, from, to - from}}, copied: true})
		}
	}
	if len(short.pieces) > 0 {
		short.copied = len(short.pieces) == 1 && len(parts) > 0 // the last part may be short
		parts = append(parts, short)
	}
	return parts
}

// Compose implements objstore.Composer. S3 copies what it can; less than 10 MiB of a source pass through here.
func (s *Store) Compose(ctx context.Context, key, version string, sources ...string) error {
	if err := begin(ctx, "compose", key); err != nil {
		return err
	}
	objects, err := s.describe(ctx, sources)
	if err != nil {
		return err
	}
	w, parts := newWrite(key, version), layout(objects, maxPart)
	if len(parts) > maxParts {
		return objstore.KeyError("compose", key, fmt.Errorf("%d sources make %d parts, S3 takes %d: join the small ones first",
			len(sources), len(parts), maxParts))
	}
	if len(parts) > 1 || len(parts) == 1 && parts[0].copied {
		return s.composeError(ctx, key, s.composeParts(ctx, w, parts))
	}
	var whole part
	if len(parts) == 1 {
		whole = parts[0]
	}
	data, err := s.read(ctx, whole)
	if err == nil {
		err = s.putOne(ctx, w, bytes.NewReader(data))
	}
	return s.composeError(ctx, key, err)
}

// copiesInFlight is how many requests are under way at a time that move no bytes here: S3 copies 100 MB in about a second, so
// that 32 of them make an object of 10,000 such parts in five minutes.
const copiesInFlight = 32

// describe gives what there is to know of the sources.
func (s *Store) describe(ctx context.Context, sources []string) ([]objstore.Object, error) {
	objects := make([]objstore.Object, len(sources))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(copiesInFlight)
	for i, source := range sources {
		group.Go(func() error {
			o, err := s.Stat(ctx, source)
			objects[i] = o
			return objstore.KeyError("compose", source, err)
		})
	}
	return objects, group.Wait()
}

// composeError leaves an error that names a source.
func (s *Store) composeError(ctx context.Context, key string, err error) error {
	var path *fs.PathError
	var f *fault
	if !errors.As(err, &f) && errors.As(err, &path) && ctx.Err() == nil {
		return &fs.PathError{Op: "compose", Path: path.Path, Err: path.Err}
	}
	return s.keyError(ctx, "compose", key, err)
}

func (s *Store) composeParts(ctx context.Context, w write, parts []part) error {
	return s.inParts(ctx, w, own, func(u *upload, group *errgroup.Group, ctx context.Context) error {
		group.SetLimit(copiesInFlight)
		moving := make(chan struct{}, inFlight) // parts that pass through here
		for i, p := range parts {
			if err := ctx.Err(); err != nil {
				return err
			}
			group.Go(func() error {
				if p.copied {
					return u.copy(ctx, int32(i+1), p.pieces[0])
				}
				moving <- struct{}{}
				defer func() { <-moving }()
				data, err := s.read(ctx, p)
				if err != nil {
					return err
				}
				return u.put(ctx, int32(i+1), data)
			})
		}
		return nil
	})
}

// read is the bytes of a part, each source's of the version that the layout saw.
func (s *Store) read(ctx context.Context, p part) ([]byte, error) {
	data := bytes.NewBuffer(make([]byte, 0, p.size()))
	for _, piece := range p.pieces {
		b, err := s.open(ctx, piece.Key, piece.Version, piece.off, piece.n)
		if err != nil {
			return nil, s.keyError(ctx, "compose", piece.Key, err)
		}
		_, err = io.Copy(data, b)
		b.Close()
		if err != nil {
			return nil, err
		}
	}
	return data.Bytes(), nil
}

// copy adds a part that the server copies, of the version that is named if one is.
func (u *upload) copy(ctx context.Context, n int32, p piece) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var ifMatch *string
	if p.Version != "" {
		ifMatch = tag(p.Version)
	}
	out, err := u.store.client.UploadPartCopy(u.sending, &s3.UploadPartCopyInput{Bucket: &u.store.bucket, Key: &u.key, UploadId: u.id,
		PartNumber: &n, CopySource: aws.String(u.store.bucket + "/" + escape(p.Key)), CopySourceIfMatch: ifMatch,
		CopySourceRange: aws.String(fmt.Sprintf("bytes=%d-%d", p.off, p.off+p.n-1))})
	if err != nil {
		return u.store.keyError(ctx, "compose", p.Key, err)
	}
	done := types.CompletedPart{PartNumber: &n}
	if r := out.CopyPartResult; r != nil {
		done.ETag = r.ETag
	}
	u.add(done)
	return nil
}

// escape writes a key as it stands in the header that names a copy's source: all but the unreserved characters and
// slashes as %XX.
func escape(key string) string {
	const hex = "0123456789ABCDEF"
	var b []byte
	for _, c := range []byte(key) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~', c == '/':
			b = append(b, c)
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}
