package s3test

import (
	"bytes"
	"context"
	"io"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
)

// Bare is what benchmarks compare with: the SDK's calls with its defaults, as a program that uses it directly makes them.
type Bare struct {
	client *sdk.Client
	bucket string
}

// NewBare gives the calls for a bucket.
func NewBare(t testing.TB, bucket string) Bare { return Bare{Client(t), bucket} }

// Put stores an object.
func (b Bare) Put(ctx context.Context, key string, data []byte) error {
	_, err := b.client.PutObject(ctx, &sdk.PutObjectInput{Bucket: &b.bucket, Key: &key, Body: bytes.NewReader(data)})
	return err
}

// Get gives an object's bytes.
func (b Bare) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	out, err := b.client.GetObject(ctx, &sdk.GetObjectInput{Bucket: &b.bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}
