package deploy

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// objects are what is in a bucket.
type objects interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
	DeleteObjects(context.Context, *s3.DeleteObjectsInput, ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error)
	DeleteBucket(context.Context, *s3.DeleteBucketInput, ...func(*s3.Options)) (*s3.DeleteBucketOutput, error)
}

// tmpPrefix begins the keys of what runs leave behind.
const tmpPrefix = "tmp/"

// ownPrefixes begin the keys of what sshell stores by itself: the rest is the user's.
var ownPrefixes = [...]string{tmpPrefix, "ledger/", "artifacts/"}

// removeBucket removes a bucket with what sshell stored in it, or with all that there is.
func (d *Deployer) removeBucket(ctx context.Context, name string, all bool) error {
	prefixes := ownPrefixes[:]
	if all {
		prefixes = []string{""}
	}
	for _, prefix := range prefixes {
		if err := d.empty(ctx, name, prefix); err != nil {
			return err
		}
	}
	if _, err := d.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name}); err != nil && !isMissing(err) {
		return explain("bucket "+name, err)
	}
	d.say(removed, "bucket %s", name)
	return nil
}

// bucketToRemove reports whether the bucket goes, and whether with the user's objects.
func (d *Deployer) bucketToRemove(ctx context.Context, r *Removal, id *identity) (goes, lose bool, err error) {
	found, err := d.findBucket(ctx, r.Bucket, r.Region, id.account)
	if err != nil {
		return false, false, err
	}
	if !found {
		d.say(same, "bucket %s: there is none", r.Bucket)
		return false, false, nil
	}
	ours, err := d.isOurs(ctx, r.Bucket)
	if err != nil {
		return false, false, err
	}
	if !ours {
		d.say(same, "bucket %s: not made by deploy, so it stays", r.Bucket)
		return false, false, nil
	}
	user, err := d.userOf(ctx, r.Bucket, r.Function)
	if err != nil {
		return false, false, err
	}
	if user != "" {
		d.say(same, "bucket %s: function %s uses it too, so it stays", r.Bucket, user)
		return false, false, nil
	}
	key, err := d.usersObject(ctx, r.Bucket)
	if err != nil {
		return false, false, explain("bucket "+r.Bucket, err)
	}
	if key != "" && (r.Confirm == nil || !r.Confirm(fmt.Sprintf("bucket %s holds objects that are yours, such as %s: remove them all?", r.Bucket, key))) {
		return false, false, &KeptError{r.Bucket, key}
	}
	return true, key != "", nil
}

// userOf names a function other than the one that goes, which has the bucket too, or is empty.
func (d *Deployer) userOf(ctx context.Context, bucket, goes string) (string, error) {
	in := &sdk.ListFunctionsInput{}
	for {
		page, err := d.Lambda.ListFunctions(ctx, in)
		if err != nil {
			return "", explain("bucket "+bucket, err)
		}
		for _, f := range page.Functions {
			if name := aws.ToString(f.FunctionName); name != goes && f.Environment != nil && f.Environment.Variables[bucketVar] == bucket {
				return name, nil
			}
		}
		if aws.ToString(page.NextMarker) == "" {
			return "", nil
		}
		in.Marker = page.NextMarker
	}
}

// usersObject gives the key of an object that sshell did not store by itself, or an empty string. It looks one level deep.
func (d *Deployer) usersObject(ctx context.Context, bucket string) (string, error) {
	in := &s3.ListObjectsV2Input{Bucket: &bucket, Delimiter: aws.String("/")}
	for {
		page, err := d.S3.ListObjectsV2(ctx, in)
		if err != nil {
			return "", err
		}
		for _, o := range page.Contents {
			return aws.ToString(o.Key), nil
		}
		for _, p := range page.CommonPrefixes {
			if !own(aws.ToString(p.Prefix)) {
				return aws.ToString(p.Prefix), nil
			}
		}
		if !aws.ToBool(page.IsTruncated) {
			return "", nil
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}

func own(key string) bool {
	for _, prefix := range ownPrefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// empty removes all objects whose keys begin with a prefix.
func (d *Deployer) empty(ctx context.Context, bucket, prefix string) error {
	what := "bucket " + bucket
	for {
		page, err := d.S3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix}) // what was listed is gone: no continuation
		if err != nil {
			return explain(what, err)
		}
		if len(page.Contents) == 0 {
			return nil
		}
		var batch types.Delete
		for _, o := range page.Contents {
			batch.Objects = append(batch.Objects, types.ObjectIdentifier{Key: o.Key})
		}
		batch.Quiet = aws.Bool(true)
		out, err := d.S3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &batch})
		if err != nil {
			return explain(what, err)
		}
		if len(out.Errors) > 0 {
			return fmt.Errorf("%s: %s: %s: %s", what, aws.ToString(out.Errors[0].Key), aws.ToString(out.Errors[0].Code), aws.ToString(out.Errors[0].Message))
		}
	}
}
