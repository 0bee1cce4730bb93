package emulator_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestLifecycle(t *testing.T) {
	w := openTown(t)
	ctx, bucket, c := t.Context(), aws.String("lab"), w.owner.s3
	get := func(p *person) ([]types.LifecycleRule, error) {
		out, err := p.s3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: bucket})
		if err != nil {
			return nil, err
		}
		return out.Rules, nil
	}
	put := func(p *person, days int32) error {
		_, err := p.s3.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: bucket,
			LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{ID: aws.String("r"),
				Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("tmp/")},
				Expiration: &types.LifecycleExpiration{Days: &days}}}}})
		return err
	}
	if _, err := get(w.owner); codeOf(err) != "NoSuchBucket" {
		t.Errorf("of no bucket: %v", err)
	}
	if _, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := get(w.owner); codeOf(err) != "NoSuchLifecycleConfiguration" {
		t.Errorf("before there is one: %v", err)
	}
	if err := put(w.owner, 0); codeOf(err) != "MalformedXML" {
		t.Errorf("no days: %v", err)
	}
	if err := put(w.owner, 7); err != nil {
		t.Fatal(err)
	}
	reader := w.user(t, "reader", statement("Allow", "s3:GetLifecycleConfiguration", "arn:aws:s3:::lab"))
	for _, p := range []*person{w.owner, reader} {
		if rules, err := get(p); err != nil || len(rules) != 1 || *rules[0].ID != "r" || *rules[0].Expiration.Days != 7 || *rules[0].Filter.Prefix != "tmp/" {
			t.Errorf("%+v, %v", rules, err)
		}
	}
	if err := put(reader, 8); codeOf(err) != "AccessDenied" {
		t.Errorf("by who may not: %v", err)
	}
	if _, err := get(w.person("key", "other")); codeOf(err) != "SignatureDoesNotMatch" {
		t.Errorf("with a wrong secret: %v", err)
	}
	for range 2 {
		if _, err := c.DeleteBucketLifecycle(ctx, &s3.DeleteBucketLifecycleInput{Bucket: bucket}); err != nil {
			t.Error(err)
		}
	}
	if _, err := get(w.owner); codeOf(err) != "NoSuchLifecycleConfiguration" {
		t.Errorf("after it is gone: %v", err)
	}
	if _, err := c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket}); err != nil {
		t.Errorf("other calls: %v", err)
	}
}
