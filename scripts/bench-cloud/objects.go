package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	lineSize = 100     // bytes
	partSize = 8 << 20 // bytes of a part of what is uploaded
	textSeed = 20      // makes every run measure the same bytes
)

// lines is an endless text. Each line is numbered, so that none can stand for another.
type lines struct {
	letters []byte
	number  int64
	rng     *rand.Rand
}

func newLines() *lines {
	t := &lines{letters: make([]byte, 1<<20), rng: rand.New(rand.NewPCG(textSeed, textSeed))}
	for i := range t.letters {
		t.letters[i] = 'a' + byte(t.rng.IntN(26))
	}
	return t
}

// fill fills p with whole lines, of which the last may be longer or shorter.
func (t *lines) fill(p []byte) {
	for len(p) > 0 {
		line := p[:min(len(p), lineSize)]
		at := t.rng.IntN(len(t.letters) - lineSize)
		copy(line, t.letters[at:at+lineSize])
		t.number++
		for i, n := min(11, len(line)-1), t.number; i >= 0; i-- {
			line[i], n = '0'+byte(n%10), n/10
		}
		line[len(line)-1] = '\n'
		p = p[len(line):]
	}
}

func (s *services) objects() *sdk.Client {
	return sdk.NewFromConfig(s.config("S3"), func(o *sdk.Options) { o.UsePathStyle = true })
}

// upload stores an object of lines and gives its digest.
func (l *lab) upload(s *services, key string, size int64) ([]byte, error) {
	client, bucket := s.objects(), aws.String(s.bucket())
	made, err := client.CreateMultipartUpload(l.ctx, &sdk.CreateMultipartUploadInput{Bucket: bucket, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("store the input: %w", err)
	}
	text, sum := newLines(), sha256.New()
	var parts []types.CompletedPart
	part := make([]byte, partSize)
	for number := int32(1); size > 0; number++ {
		part = part[:min(size, partSize)]
		text.fill(part)
		sum.Write(part)
		size -= int64(len(part))
		out, err := client.UploadPart(l.ctx, &sdk.UploadPartInput{
			Bucket: bucket, Key: &key, UploadId: made.UploadId, PartNumber: &number, Body: bytes.NewReader(part),
		})
		if err != nil {
			return nil, fmt.Errorf("store the input: %w", err)
		}
		parts = append(parts, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(number), ChecksumCRC32: out.ChecksumCRC32})
	}
	_, err = client.CompleteMultipartUpload(l.ctx, &sdk.CompleteMultipartUploadInput{
		Bucket: bucket, Key: &key, UploadId: made.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		return nil, fmt.Errorf("store the input: %w", err)
	}
	return sum.Sum(nil), nil
}

// digest reads an object and gives its digest.
func (l *lab) digest(s *services, key string) ([]byte, error) {
	out, err := s.objects().GetObject(l.ctx, &sdk.GetObjectInput{Bucket: aws.String(s.bucket()), Key: &key})
	if err != nil {
		return nil, fmt.Errorf("read the output: %w", err)
	}
	defer out.Body.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, out.Body); err != nil {
		return nil, fmt.Errorf("read the output: %w", err)
	}
	return sum.Sum(nil), nil
}
