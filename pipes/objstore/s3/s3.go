// Package s3 is the object store that S3 is, through the AWS SDK.
//
// # What it promises beyond objstore.Store
//
// Create is S3's conditional write (If-None-Match), and Compose with a version its If-Match. Each conditional write carries
// a random mark in the object's metadata (x-amz-meta-sshell-put), so that a refusal which answers a repetition of our own
// write, after a response was lost, is told from another writer's success exactly. Conflicts of two writes (409) are tried
// again. What the SDK retries, it retries adaptively, but an endpoint that refuses connections is given up within 2 s; a body
// whose connection is cut is read on from where it stood, of the same version or not at all.
//
// A body of up to 8 MiB is sent in one request. A longer one is sent in parts as it comes, 4 in flight, so that a Put holds
// at most 5 parts in memory; parts are of 8 MiB and grow so that 10,000 of them reach 5 TiB. An upload that fails, or whose
// context ends, is aborted; one of objstore.Uploader is its caller's to abort. Only one whose beginning's response is lost, or whose process is killed, leaves parts behind:
// a bucket's rule for incomplete uploads removes these. Bytes travel with a CRC-32 or a SHA-256, which S3 checks;
// a whole object that is read is checked too before its last bytes are given out.
//
// An object's Version is its entity tag: contents that are equal have the same.
//
// Keys are text for S3: one that is no valid UTF-8 is an error that wraps objstore.ErrKey. A bucket that is missing is an
// error, and not one that wraps fs.ErrNotExist. Errors are one line that says what to do.
package s3

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/s3/plainbody"
)

// idleConnections is how many connections are kept for the next request. The default of 10 would have a client that
// reads and writes some dozen streams, 4 requests in flight each, dial anew all the time.
const idleConnections = 256

// Buckets is S3 as one account sees it. It may be used from several goroutines.
type Buckets struct{ client *s3.Client }

var (
	_ objstore.Buckets      = (*Buckets)(nil)
	_ objstore.BucketLister = (*Buckets)(nil)
)

// Open returns S3 with the credentials, region and endpoint that the SDK finds: in the environment, the files under
// ~/.aws, or the machine's role. Whether they are good, the first request tells. An endpoint that is set is
// addressed by path, since few but Amazon's have a name per bucket.
func Open(ctx context.Context) (*Buckets, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load aws configuration: %w", err)
	}
	return New(cfg), nil
}

// New is Open with a configuration that was loaded before, such as one that other services share.
func New(cfg aws.Config) *Buckets {
	return &Buckets{s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.UsePathStyle || o.BaseEndpoint != nil
		o.DisableLogOutputChecksumValidationSkipped = true // ranges have none, and their line would go to the user
		o.Retryer = newRetryer()
		if client, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			o.HTTPClient = client.WithTransportOptions(func(t *http.Transport) {
				t.MaxIdleConns, t.MaxIdleConnsPerHost = idleConnections, idleConnections
			})
		}
		o.HTTPClient = plainbody.Client{HTTPClient: o.HTTPClient}
	})}
}

// Bucket implements objstore.Buckets. It sends nothing.
func (b *Buckets) Bucket(_ context.Context, name string) (objstore.Store, error) {
	if err := objstore.CheckBucket(name); err != nil {
		return nil, err
	}
	return &Store{client: b.client, bucket: name}, nil
}

// BucketNames implements objstore.BucketLister.
func (b *Buckets) BucketNames(ctx context.Context) ([]string, error) {
	var names []string
	pages := s3.NewListBucketsPaginator(b.client, &s3.ListBucketsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list buckets: %w", explain(ctx, "", err))
		}
		for _, bucket := range page.Buckets {
			names = append(names, aws.ToString(bucket.Name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Store is one bucket of S3. It may be used from several goroutines.
type Store struct {
	client *s3.Client
	bucket string
}

var (
	_ objstore.Stater   = (*Store)(nil)
	_ objstore.Leveler  = (*Store)(nil)
	_ objstore.Composer = (*Store)(nil)
	_ objstore.Uploader = (*Store)(nil)
)

// begin is what every operation on one key looks at first.
func begin(ctx context.Context, op, key string) error {
	err := objstore.CheckKey(key)
	if err == nil && !utf8.ValidString(key) {
		err = fmt.Errorf("%w: it is not valid UTF-8, which S3 asks for", objstore.ErrKey)
	}
	if err != nil {
		return objstore.KeyError(op, key, err)
	}
	return ctx.Err()
}

// keyError is objstore.KeyError with the cause explained.
func (s *Store) keyError(ctx context.Context, op, key string, err error) error {
	err = explain(ctx, s.bucket, err)
	if f, ok := err.(*fault); ok {
		return &fs.PathError{Op: op, Path: key, Err: f} // whose cause may be an error about some other file
	}
	return objstore.KeyError(op, key, err)
}
