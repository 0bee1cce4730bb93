package s3

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"

	"sshell/pipes/objstore"
)

const (
	maxObject = objstore.MaxObject
	maxParts  = objstore.MaxParts
	minPart   = objstore.MinPart
	maxPart   = objstore.MaxPart // of a copied range too
)

const (
	// firstPart is the size of the first parts in bytes: a stream's block, at which one prefix's 3,500 writes a second
	// carry 29 GB/s.
	firstPart = 8 << 20
	// growAfter is the number of parts after which the size of the next ones doubles, where the whole is not known:
	// 10,000 parts reach 8 TiB, and a body of 100 GB is in parts of at most 64 MiB.
	growAfter = 1000
	// inFlight is how many parts travel at a time, as many as a stream has blocks in flight.
	inFlight = 4
	// abortTime bounds the clean-up after an upload that failed, which goes on when its context has ended.
	abortTime = 30 * time.Second
	// lingerTime is how long parts on their way may go on when the upload has failed: a part that a server still takes when
	// the upload is aborted may stay behind (S3 API Reference, "AbortMultipartUpload"), and 8 MiB take less on a usual line.
	lingerTime = time.Second
	// abortPause is the pause between two tries to abort.
	abortPause = 50 * time.Millisecond
)

// partSize is the size of the n-th part, from 1, of an object of size bytes, or of one whose size is not known if that is
// negative.
func partSize(n int, size int64) int64 {
	if size >= 0 {
		return max(firstPart, (size+maxParts-1)/maxParts)
	}
	return firstPart << ((n - 1) / growAfter)
}

// upload is an upload in parts. add may be called from several goroutines.
type upload struct {
	write
	store *Store
	id    *string
	sum   checksum
	// sending is the context of the parts.
	sending context.Context
	mu      sync.Mutex
	parts   []types.CompletedPart
}

// checksum is the algorithm by which the parts of an upload are checked.
type checksum = types.ChecksumAlgorithm

// own leaves it to the server: what it copies itself is not sent, and what is sent beside has the signature's SHA-256. The
// algorithm must be one for all parts, and servers differ in what they say of a copied range.
const own checksum = ""

// option keeps the SDK from adding an algorithm where there is to be none.
func (u *upload) option(o *s3.Options) {
	if u.sum == own {
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
	}
}

func (s *Store) newUpload(ctx context.Context, w write, sum checksum) (*upload, error) {
	u := &upload{write: w, store: s, sum: sum}
	began := time.Now()
	out, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &s.bucket, Key: &w.key,
		Metadata: w.metadata(), ChecksumAlgorithm: sum}, u.option)
	if err != nil {
		return nil, err
	}
	u.id = out.UploadId
	if tries, ok := retry.GetAttemptResults(out.ResultMetadata); ok && len(tries.Results) > 1 {
		u.abortTwins(ctx, time.Since(began))
	}
	return u, nil
}

// putParts stores an object of which first is the first part, and from has the rest.
func (s *Store) putParts(ctx context.Context, w write, first []byte, from *source, size int64) error {
	return s.inParts(ctx, w, types.ChecksumAlgorithmCrc32, func(u *upload, group *errgroup.Group, ctx context.Context) error {
		next, last := first, false
		for n := 1; len(next) > 0; n++ {
			if n > maxParts {
				return errors.New("the body is longer than an object can be")
			}
			data := next
			group.Go(func() error { return u.put(ctx, int32(n), data) })
			if last || ctx.Err() != nil {
				return ctx.Err()
			}
			var err error
			if next, last, err = from.part(partSize(n+1, size)); err != nil {
				return err
			}
		}
		return nil
	})
}

// inParts makes an object of the parts that feed adds in goroutines of the group. It appears whole or the upload is
// aborted.
func (s *Store) inParts(ctx context.Context, w write, sum checksum, feed func(*upload, *errgroup.Group, context.Context) error) error {
	u, err := s.newUpload(ctx, w, sum)
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	u.sending = linger(groupCtx)
	feedErr := feed(u, group, groupCtx)
	// A part that failed ended the group's context, so that its error comes first.
	err = group.Wait()
	if err == nil {
		err = feedErr
	}
	if err == nil {
		err = s.settle(ctx, w, func() error { return u.complete(ctx) })
	}
	if err != nil {
		_ = u.abort(ctx) // what led here says more, and the bucket's rule removes what stays
	}
	return err
}

// linger is a context that ends lingerTime after another.
func linger(ctx context.Context) context.Context {
	longer, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		time.AfterFunc(lingerTime, func() { stop(context.Cause(ctx)) })
	})
	return longer
}

// put adds a part of bytes. What is on its way when ctx ends may arrive.
func (u *upload) put(ctx context.Context, n int32, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	out, err := u.store.client.UploadPart(u.sending, &s3.UploadPartInput{Bucket: &u.store.bucket, Key: &u.key, UploadId: u.id,
		PartNumber: &n, Body: bytes.NewReader(data), ChecksumAlgorithm: u.sum}, u.option)
	if err != nil {
		return err
	}
	done := types.CompletedPart{PartNumber: &n, ETag: out.ETag}
	if u.sum != own {
		done.ChecksumCRC32 = out.ChecksumCRC32
	}
	u.add(done)
	return nil
}

func (u *upload) add(p types.CompletedPart) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.parts = append(u.parts, p)
}

func (u *upload) complete(ctx context.Context) error {
	slices.SortFunc(u.parts, func(a, b types.CompletedPart) int {
		return int(aws.ToInt32(a.PartNumber) - aws.ToInt32(b.PartNumber))
	})
	ifMatch, ifNoneMatch := u.conditions()
	_, err := u.store.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &u.store.bucket, Key: &u.key,
		UploadId: u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: u.parts}, IfMatch: ifMatch, IfNoneMatch: ifNoneMatch})
	return err
}

// abort frees what the parts take, until the server knows no such upload. What it leaves is the bucket's rule's for incomplete
// uploads.
func (u *upload) abort(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	pause := time.NewTicker(abortPause)
	defer pause.Stop()
	for {
		err := u.tryAbort(ctx)
		switch name := code(err); {
		case name == codeNoUpload, name == codeNoBucket: // it went with the bucket
			return nil
		case ctx.Err() != nil, refused(err):
			return err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tryAbort aborts, and gives the error that says that nothing is left, or nil where there may still be something.
func (u *upload) tryAbort(ctx context.Context) error {
	_, err := u.store.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.store.bucket, Key: &u.key, UploadId: u.id})
	if err != nil {
		return err
	}
	_, err = u.store.client.ListParts(ctx, &s3.ListPartsInput{Bucket: &u.store.bucket, Key: &u.key, UploadId: u.id})
	return err
}

// refused reports whether the server's answer will not change, such as that there is no right to it.
func refused(err error) bool {
	var answer *smithyhttp.ResponseError
	return errors.As(err, &answer) && answer.HTTPStatusCode()/100 == 4
}
