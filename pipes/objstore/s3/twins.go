package s3

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// abortTwins aborts the uploads that tries to begin this one have begun, whose answers were lost: nobody knows their ids, and they
// would stay. They are those of the same key that the server has begun within the time that the tries took, by its clock, which
// counts in seconds in a listing. What cannot be found is the bucket's rule's.
func (u *upload) abortTwins(ctx context.Context, took time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	listed, err := u.store.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &u.store.bucket, Prefix: &u.key})
	if err != nil {
		return
	}
	var own time.Time
	var twins []types.MultipartUpload
	for _, other := range listed.Uploads {
		switch {
		case aws.ToString(other.Key) != u.key:
		case aws.ToString(other.UploadId) == *u.id:
			own = aws.ToTime(other.Initiated)
		default:
			twins = append(twins, other)
		}
	}
	for _, other := range twins {
		if before := own.Sub(aws.ToTime(other.Initiated)); before >= 0 && before <= took+time.Second {
			_ = (&upload{write: u.write, store: u.store, id: other.UploadId}).abort(ctx)
		}
	}
}
