package deploy

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// S3 is what a deployment needs of S3's client.
type S3 interface {
	buckets
	protection
	expiry
	objects
}

// buckets makes them, and knows their tags.
type buckets interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	CreateBucket(context.Context, *s3.CreateBucketInput, ...func(*s3.Options)) (*s3.CreateBucketOutput, error)
	GetBucketTagging(context.Context, *s3.GetBucketTaggingInput, ...func(*s3.Options)) (*s3.GetBucketTaggingOutput, error)
	PutBucketTagging(context.Context, *s3.PutBucketTaggingInput, ...func(*s3.Options)) (*s3.PutBucketTaggingOutput, error)
}

// protection keeps others out.
type protection interface {
	GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error)
	PutPublicAccessBlock(context.Context, *s3.PutPublicAccessBlockInput, ...func(*s3.Options)) (*s3.PutPublicAccessBlockOutput, error)
	GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (*s3.GetBucketEncryptionOutput, error)
	PutBucketEncryption(context.Context, *s3.PutBucketEncryptionInput, ...func(*s3.Options)) (*s3.PutBucketEncryptionOutput, error)
}

// deployBucket makes the bucket, or sees to it that it is as it should be.
func (d *Deployer) deployBucket(ctx context.Context, p *Plan, id *identity) error {
	what := "bucket " + p.Bucket
	found, err := d.findBucket(ctx, p.Bucket, p.Region, id.account)
	if err != nil {
		return err
	}
	if !found {
		if err := d.createBucket(ctx, p); err != nil {
			return explain(what, err)
		}
		d.say(created, "%s", what)
	}
	ours, err := d.isOurs(ctx, p.Bucket)
	if err != nil {
		return err
	}
	if !ours && found {
		d.say(same, "%s: not made by deploy, so used as it is: nothing in it expires", what)
		return nil
	}
	if !ours { // a server that takes no tags with the bucket
		_, err := d.S3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &p.Bucket, Tagging: &types.Tagging{TagSet: tags()}})
		if err != nil {
			return explain(what, err)
		}
	}
	if found {
		d.say(same, "%s", what)
	}
	for _, part := range []func(context.Context, *Plan) (rune, string, error){d.closeBucket, d.encryptBucket, d.expireBucket} {
		var sign rune
		var text string
		err := d.insist(ctx, what, isUnsettled, func() (err error) {
			sign, text, err = part(ctx, p)
			return err
		})
		switch {
		case isUnknownCall(err):
			d.say(leftOut, "%s: %s: skipped: the server has no such call", what, text)
		case err != nil:
			return explain(what, err)
		default:
			d.say(sign, "%s: %s", what, text)
		}
	}
	return nil
}

func tags() []types.Tag { return []types.Tag{{Key: aws.String(tagKey), Value: aws.String(tagValue)}} }

// findBucket reports whether a bucket is there. One that is another account's or region's is an error.
func (d *Deployer) findBucket(ctx context.Context, name, region, account string) (bool, error) {
	in := &s3.HeadBucketInput{Bucket: &name}
	if d.OwnBuckets {
		in.ExpectedBucketOwner = &account
	}
	out, err := d.S3.HeadBucket(ctx, in)
	what := "bucket " + name
	switch {
	case err == nil:
		if at := aws.ToString(out.BucketRegion); at != "" && at != region {
			return false, elsewhere(what, at, region)
		}
		return true, nil
	case isMissing(err):
		return false, nil
	case statusOf(err) == http.StatusMovedPermanently && regionOf(err) != "":
		return false, elsewhere(what, regionOf(err), region)
	case !isDenied(err) && !isCode(err, "BadRequest"):
		return false, explain(what, err)
	}
	// An answer to HEAD does not say why it is no. To one that does, the SDK also sets its clock right.
	switch err := d.list(ctx, in); {
	case err == nil:
		return true, nil
	case isMissing(err):
		return false, nil
	case isDenied(err):
		return false, fmt.Errorf("%s: it is another account's, or s3:ListBucket on it is denied: choose another with --bucket; %s", what, adviceDenied)
	default:
		return false, explain(what, err)
	}
}

// list asks for a key of a bucket, of the account that a HEAD asked for.
func (d *Deployer) list(ctx context.Context, head *s3.HeadBucketInput) error {
	_, err := d.S3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: head.Bucket, ExpectedBucketOwner: head.ExpectedBucketOwner, MaxKeys: aws.Int32(1)})
	return err
}

func elsewhere(what, at, region string) error {
	return fmt.Errorf("%s: it is in %s, and this is %s: set AWS_REGION=%s, or choose another with --bucket", what, at, region, at)
}

// createBucket makes a bucket with the tag.
func (d *Deployer) createBucket(ctx context.Context, p *Plan) error {
	cfg := &types.CreateBucketConfiguration{Tags: tags()}
	if p.Region != "us-east-1" { // which has no constraint (API reference, CreateBucket)
		cfg.LocationConstraint = types.BucketLocationConstraint(p.Region)
	}
	return d.insist(ctx, "bucket "+p.Bucket, isUnsettled, func() error {
		_, err := d.S3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &p.Bucket, CreateBucketConfiguration: cfg})
		return err
	})
}

// isUnsettled reports whether S3 is still at work on a bucket: one that was just made, or one of the same name that was
// just removed.
func isUnsettled(err error) bool { return isCode(err, "OperationAborted", "NoSuchBucket") }

// isOurs reports whether a bucket has the tag.
func (d *Deployer) isOurs(ctx context.Context, bucket string) (bool, error) {
	out, err := d.S3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &bucket})
	if isCode(err, "NoSuchTagSet", "NoSuchTagSetError") || isUnknownCall(err) {
		return false, nil
	}
	if err != nil {
		return false, explain("bucket "+bucket, err)
	}
	return slices.ContainsFunc(out.TagSet, func(t types.Tag) bool {
		return aws.ToString(t.Key) == tagKey && aws.ToString(t.Value) == tagValue
	}), nil
}

// closeBucket keeps the public out, whatever a policy or an object's own list may say.
func (d *Deployer) closeBucket(ctx context.Context, p *Plan) (rune, string, error) {
	const text = "public access is blocked"
	out, err := d.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &p.Bucket})
	if err != nil && !isCode(err, "NoSuchPublicAccessBlockConfiguration") {
		return 0, text, err
	}
	yes := aws.Bool(true)
	want := types.PublicAccessBlockConfiguration{BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes}
	if err == nil {
		if c := out.PublicAccessBlockConfiguration; c != nil && aws.ToBool(c.BlockPublicAcls) && aws.ToBool(c.BlockPublicPolicy) &&
			aws.ToBool(c.IgnorePublicAcls) && aws.ToBool(c.RestrictPublicBuckets) {
			return same, text, nil
		}
	}
	_, err = d.S3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &p.Bucket, PublicAccessBlockConfiguration: &want})
	return changed, text, err
}

// encryptBucket has S3 encrypt what is stored. Another kind of encryption that somebody chose stays.
func (d *Deployer) encryptBucket(ctx context.Context, p *Plan) (rune, string, error) {
	const text = "objects are encrypted"
	out, err := d.S3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &p.Bucket})
	if err != nil && !isCode(err, "ServerSideEncryptionConfigurationNotFoundError") {
		return 0, text, err
	}
	if err == nil && out.ServerSideEncryptionConfiguration != nil && len(out.ServerSideEncryptionConfiguration.Rules) > 0 {
		return same, text, nil
	}
	rule := types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256}}
	_, err = d.S3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: &p.Bucket,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{rule}}})
	return changed, text, err
}

// regionOf is the region that S3's answer names as the bucket's, or empty.
func regionOf(err error) string {
	if r := responseOf(err); r != nil {
		return r.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}
