package deploy

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// expiry has the service remove what nobody needs any more.
type expiry interface {
	GetBucketLifecycleConfiguration(context.Context, *s3.GetBucketLifecycleConfigurationInput, ...func(*s3.Options)) (*s3.GetBucketLifecycleConfigurationOutput, error)
	PutBucketLifecycleConfiguration(context.Context, *s3.PutBucketLifecycleConfigurationInput, ...func(*s3.Options)) (*s3.PutBucketLifecycleConfigurationOutput, error)
}

// The names of our rules. Others in the bucket stay.
const (
	tmpRule     = "sshell-tmp"
	uploadsRule = "sshell-uploads"
)

// expiryRules are the bucket's rules of ours. An upload may go on as long as a run can be resumed.
func expiryRules(days int) []types.LifecycleRule {
	n := aws.Int32(int32(days))
	return []types.LifecycleRule{
		{ID: aws.String(tmpRule), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String(tmpPrefix)},
			Expiration: &types.LifecycleExpiration{Days: n}},
		{ID: aws.String(uploadsRule), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
			AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: n}},
	}
}

// isOurRule reports whether a rule has one of our names.
func isOurRule(r types.LifecycleRule) bool {
	return slices.Contains([]string{tmpRule, uploadsRule}, aws.ToString(r.ID))
}

// expiryOf gives a bucket's rules; none is no error.
func (d *Deployer) expiryOf(ctx context.Context, bucket string) ([]types.LifecycleRule, error) {
	out, err := d.S3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	if isCode(err, "NoSuchLifecycleConfiguration") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return out.Rules, nil
}

// expireBucket gives the bucket our rules.
func (d *Deployer) expireBucket(ctx context.Context, p *Plan) (sign rune, text string, err error) {
	rules, err := d.expiryOf(ctx, p.Bucket)
	days := p.ExpireDays
	if days == 0 {
		days = expires(ourRules(rules))
	}
	if days == 0 {
		days = DefaultExpireDays
	}
	text = fmt.Sprintf("tmp/ and open uploads expire after %d days", days)
	if err != nil {
		return 0, text, err
	}
	want := expiryRules(days)
	if slices.EqualFunc(ourRules(rules), want, sameRule) {
		return same, text, nil
	}
	rules = append(slices.DeleteFunc(slices.Clone(rules), isOurRule), want...)
	_, err = d.S3.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: &p.Bucket,
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}})
	return changed, text, err
}

// ourRules are those of our names, in our order.
func ourRules(rules []types.LifecycleRule) []types.LifecycleRule {
	var ours []types.LifecycleRule
	for _, name := range []string{tmpRule, uploadsRule} {
		for _, r := range rules {
			if aws.ToString(r.ID) == name {
				ours = append(ours, r)
			}
		}
	}
	return ours
}

// sameRule compares what we set.
func sameRule(a, b types.LifecycleRule) bool {
	return a.Status == b.Status && prefixOf(a) == prefixOf(b) && reflect.DeepEqual(a.Expiration, b.Expiration) &&
		reflect.DeepEqual(a.AbortIncompleteMultipartUpload, b.AbortIncompleteMultipartUpload)
}

func prefixOf(r types.LifecycleRule) string {
	if r.Filter == nil {
		return ""
	}
	return aws.ToString(r.Filter.Prefix)
}

// expires says after how many days a bucket's rules remove what is under tmp/; 0 for never.
func expires(rules []types.LifecycleRule) int {
	for _, r := range rules {
		covers := r.Filter != nil && r.Filter.Prefix != nil && strings.HasPrefix(tmpPrefix, *r.Filter.Prefix)
		if r.Status == types.ExpirationStatusEnabled && covers && r.Expiration != nil {
			if days := int(aws.ToInt32(r.Expiration.Days)); days > 0 {
				return days
			}
		}
	}
	return 0
}
