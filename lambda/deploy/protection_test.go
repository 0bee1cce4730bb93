package deploy

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// protected is an S3 that has the calls which the emulator's lacks, for one bucket.
type protected struct {
	S3
	block      *types.PublicAccessBlockConfiguration
	encryption *types.ServerSideEncryptionConfiguration
	rules      []types.LifecycleRule
}

func none(code string) error { return &smithy.GenericAPIError{Code: code, Message: "none"} }

func (p *protected) GetPublicAccessBlock(context.Context, *s3.GetPublicAccessBlockInput, ...func(*s3.Options)) (*s3.GetPublicAccessBlockOutput, error) {
	if p.block == nil {
		return nil, none("NoSuchPublicAccessBlockConfiguration")
	}
	return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: p.block}, nil
}

func (p *protected) PutPublicAccessBlock(_ context.Context, in *s3.PutPublicAccessBlockInput, _ ...func(*s3.Options)) (*s3.PutPublicAccessBlockOutput, error) {
	p.block = in.PublicAccessBlockConfiguration
	return &s3.PutPublicAccessBlockOutput{}, nil
}

func (p *protected) GetBucketEncryption(context.Context, *s3.GetBucketEncryptionInput, ...func(*s3.Options)) (*s3.GetBucketEncryptionOutput, error) {
	if p.encryption == nil {
		return nil, none("ServerSideEncryptionConfigurationNotFoundError")
	}
	return &s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: p.encryption}, nil
}

func (p *protected) PutBucketEncryption(_ context.Context, in *s3.PutBucketEncryptionInput, _ ...func(*s3.Options)) (*s3.PutBucketEncryptionOutput, error) {
	p.encryption = in.ServerSideEncryptionConfiguration
	return &s3.PutBucketEncryptionOutput{}, nil
}

func (p *protected) GetBucketLifecycleConfiguration(context.Context, *s3.GetBucketLifecycleConfigurationInput, ...func(*s3.Options)) (*s3.GetBucketLifecycleConfigurationOutput, error) {
	if p.rules == nil {
		return nil, none("NoSuchLifecycleConfiguration")
	}
	return &s3.GetBucketLifecycleConfigurationOutput{Rules: p.rules}, nil
}

func (p *protected) PutBucketLifecycleConfiguration(_ context.Context, in *s3.PutBucketLifecycleConfigurationInput, _ ...func(*s3.Options)) (*s3.PutBucketLifecycleConfigurationOutput, error) {
	p.rules = in.LifecycleConfiguration.Rules
	return &s3.PutBucketLifecycleConfigurationOutput{}, nil
}

// TestProtection has a bucket kept from others, encrypted and emptied by rules, and what somebody changed there.
func TestProtection(t *testing.T) {
	a := open(t)
	all := &protected{S3: a.S3}
	a.S3 = all
	what := "bucket " + defaultBkt + ": "
	_, lines := a.deploy(t, plan(t))
	hasLines(t, lines, "~ "+what+"public access is blocked", "~ "+what+"objects are encrypted", "~ "+what+"tmp/ and open uploads expire after 7 days")
	if b := all.block; !aws.ToBool(b.BlockPublicAcls) || !aws.ToBool(b.BlockPublicPolicy) || !aws.ToBool(b.IgnorePublicAcls) || !aws.ToBool(b.RestrictPublicBuckets) {
		t.Errorf("%+v", b)
	}
	if expires(all.rules) != 7 {
		t.Errorf("%+v", all.rules)
	}
	_, lines = a.deploy(t, plan(t))
	if i := slices.IndexFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "= ") }); i >= 0 {
		t.Errorf("changed the second time: %s", lines[i])
	}
	all.block.RestrictPublicBuckets = aws.Bool(false)
	theirs := types.LifecycleRule{ID: aws.String("theirs"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("old/")}}
	all.rules = []types.LifecycleRule{all.rules[1], theirs}
	all.encryption.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm = types.ServerSideEncryptionAwsKms
	p := plan(t)
	p.ExpireDays = 2
	_, lines = a.deploy(t, p)
	hasLines(t, lines, "~ "+what+"public access is blocked", "= "+what+"objects are encrypted", "~ "+what+"tmp/ and open uploads expire after 2 days")
	if len(all.rules) != 3 || aws.ToString(all.rules[0].ID) != "theirs" || expires(all.rules) != 2 {
		t.Errorf("%+v", all.rules)
	}
	_, lines = a.deploy(t, plan(t))
	hasLines(t, lines, "= "+what+"tmp/ and open uploads expire after 2 days")
	all.rules = []types.LifecycleRule{theirs}
	if expires(all.rules) != 0 {
		t.Error("a rule of another prefix counts")
	}
}

func TestPolicy(t *testing.T) {
	text := string(Policy(Grantee{Account: "123456789012", Region: "eu-central-1", Function: "sshell"}))
	for _, want := range []string{
		`"arn:aws:lambda:eu-central-1:123456789012:function:sshell"`, `"arn:aws:s3:::sshell-123456789012-eu-central-1/*"`,
		`"arn:aws:iam::123456789012:role/sshell-eu-central-1"`, `"iam:PassRole"`, `"iam:PassedToService": "lambda.amazonaws.com"`,
		`"lambda:InvokeFunction"`, `"s3:PutLifecycleConfiguration"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	text = string(Policy(Grantee{Function: "sshell", Bucket: "lab", UserOnly: true}))
	if strings.Contains(text, "iam:") || !strings.Contains(text, `"arn:aws:lambda:*:*:function:sshell"`) || !strings.Contains(text, `"arn:aws:s3:::lab/*"`) {
		t.Error(text)
	}
}
