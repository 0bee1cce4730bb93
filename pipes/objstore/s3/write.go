package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sshell/pipes/objstore"
)

const (
	// markName is the metadata's name for the mark of the write that made an object.
	markName = "sshell-put"
	// conflicts is how often a write is tried that S3 refuses for another at the same time, waiting from conflictWait on,
	// doubled each time: about two seconds in all, many times the length of a small write.
	conflicts    = 9
	conflictWait = 8 * time.Millisecond
)

// write is what a request that makes an object says beside its bytes.
type write struct {
	key     string
	version string // as Composer takes it: any if empty
	mark    string
}

func newWrite(key, version string) write { return write{key: key, version: version, mark: rand.Text()} }

func (w write) conditions() (ifMatch, ifNoneMatch *string) {
	switch w.version {
	case "":
		return nil, nil
	case objstore.Absent:
		return nil, aws.String("*")
	}
	return tag(w.version), nil
}

func (w write) metadata() map[string]string { return map[string]string{markName: w.mark} }

// Put implements objstore.Store.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, size int64, create bool) error {
	if err := begin(ctx, "put", key); err != nil {
		return err
	}
	w := newWrite(key, "")
	if create {
		w = newWrite(key, objstore.Absent)
	}
	if d, ok := body.(interface{ SetReadDeadline(time.Time) error }); ok {
		stop := context.AfterFunc(ctx, func() {
			_ = d.SetReadDeadline(time.Unix(1, 0)) // where it is not supported Read does not block for long either
		})
		defer stop()
	}
	err := s.put(ctx, w, &source{ctx: ctx, in: body, left: size}, size)
	if create && errors.Is(err, objstore.ErrChanged) {
		err = fs.ErrExist
	}
	return s.keyError(ctx, "put", key, err)
}

func (s *Store) put(ctx context.Context, w write, from *source, size int64) error {
	if size > maxObject {
		return fmt.Errorf("%d bytes are more than an object can have, %d", size, int64(maxObject))
	}
	// Bytes in memory are sent from where they are, for whoever stores many large blocks.
	if r, ok := from.in.(*bytes.Reader); ok && size == int64(r.Len()) && size <= partSize(1, size) {
		return s.putOne(ctx, w, r)
	}
	data, last, err := from.part(partSize(1, size))
	if err != nil {
		return err
	}
	if last {
		return s.putOne(ctx, w, bytes.NewReader(data))
	}
	return s.putParts(ctx, w, data, from, size)
}

// putOne stores the rest of a body in one request.
func (s *Store) putOne(ctx context.Context, w write, body *bytes.Reader) error {
	ifMatch, ifNoneMatch := w.conditions()
	start := body.Size() - int64(body.Len())
	return s.settle(ctx, w, func() error {
		if _, err := body.Seek(start, io.SeekStart); err != nil {
			return err
		}
		_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.bucket, Key: &w.key, Body: body,
			IfMatch: ifMatch, IfNoneMatch: ifNoneMatch, Metadata: w.metadata(), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
		return err
	})
}

// settle sends the request that makes an object until it is known whether it did. The error is ErrChanged if its condition
// does not hold.
func (s *Store) settle(ctx context.Context, w write, send func() error) error {
	for try, wait := 1, conflictWait; ; try, wait = try+1, 2*wait {
		err := send()
		switch name := code(err); {
		case name == codeConflict && try < conflicts:
			if err := sleep(ctx, wait); err != nil {
				return err
			}
			continue
		case name == codeExists, name == codeNoUpload, name == codeNoKey && w.version != "":
			if s.isOurs(ctx, w) {
				return nil
			}
			if name != codeNoUpload {
				return objstore.ErrChanged
			}
		}
		return explain(ctx, s.bucket, err)
	}
}

// isOurs reports whether the object that is there is what w wrote: a refusal may answer the repetition of a write that
// succeeded, and whose response was lost.
func (s *Store) isOurs(ctx context.Context, w write) bool {
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &w.key})
	return err == nil && head.Metadata[markName] == w.mark
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// source is a Put's body, taken apart.
type source struct {
	ctx  context.Context
	in   io.Reader
	left int64 // bytes that must still come; what the body has, if negative
}

// firstRead is how much room is made for a part whose size is not known: a small body costs little, a big one some copies.
const firstRead = 64 << 10

// part reads up to limit bytes. last says that they are the body's last.
func (b *source) part(limit int64) (data []byte, last bool, err error) {
	room := int64(firstRead)
	if b.left >= 0 {
		limit = min(limit, b.left)
		room = limit
	}
	data = make([]byte, 0, min(room, limit))
	for int64(len(data)) < limit {
		if err := b.ctx.Err(); err != nil {
			return nil, false, err
		}
		if len(data) == cap(data) {
			data = append(make([]byte, 0, min(limit, 4*int64(cap(data)))), data...)
		}
		n, err := b.in.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if b.left >= 0 {
			b.left -= int64(n)
		}
		switch {
		case b.ctx.Err() != nil:
			return nil, false, b.ctx.Err()
		case err == io.EOF && b.left > 0:
			return nil, false, io.ErrUnexpectedEOF
		case err == io.EOF:
			return data, true, nil
		case err != nil:
			return nil, false, err
		}
	}
	return data, b.left == 0, nil
}
