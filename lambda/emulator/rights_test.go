package emulator_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"sshell/lambda/emulator"
)

// person is somebody with an access key, and clients that have it.
type person struct {
	iam    *iam.Client
	lambda *lambda.Client
	sts    *sts.Client
	s3     *s3.Client
}

// town is an account with both servers.
type town struct {
	lambda, s3 string
	owner      *person
}

func openTown(t *testing.T) *town {
	t.Helper()
	dir := t.TempDir()
	identities := filepath.Join(dir, "identities")
	l, err := emulator.Start(emulator.Config{AccessKey: "key", SecretKey: "secret", Dir: dir, Identities: identities, Self: []string{"/bin/true"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w := &town{lambda: l.URL()}
	w.s3, _ = startS3(t, t.TempDir(), identitiesVar+"="+identities)
	w.owner = w.person("key", "secret")
	return w
}

func (w *town) person(key, secret string) *person {
	cfg := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""), RetryMaxAttempts: 1, BaseEndpoint: &w.lambda}
	return &person{iam.NewFromConfig(cfg), lambda.NewFromConfig(cfg), sts.NewFromConfig(cfg),
		s3.NewFromConfig(cfg, func(o *s3.Options) { o.BaseEndpoint, o.UsePathStyle = &w.s3, true })}
}

// user makes a user with a policy and an access key.
func (w *town) user(t *testing.T, name, rights string) *person {
	t.Helper()
	ctx := t.Context()
	if _, err := w.owner.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
	w.allow(t, name, rights)
	out, err := w.owner.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return w.person(*out.AccessKey.AccessKeyId, *out.AccessKey.SecretAccessKey)
}

func (w *town) allow(t *testing.T, name, rights string) {
	t.Helper()
	_, err := w.owner.iam.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &rights})
	if err != nil {
		t.Fatal(err)
	}
}

// statement is a policy of one.
func statement(effect, action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"` + action + `","Resource":"` + resource + `"}]}`
}

// codeOf is a service's code, or empty.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// TestRights has calls of all services by somebody who may do one thing.
func TestRights(t *testing.T) {
	w := openTown(t)
	bucket, key, function := aws.String("lab"), aws.String("in/x"), aws.String("f")
	if _, err := w.owner.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	calls := map[string]struct {
		do      func(context.Context, *person) error
		refused string // the code where it is not allowed
		instead string // of the answer where it is, if there is nothing
	}{
		"lambda:GetFunction": {func(ctx context.Context, p *person) error {
			_, err := p.lambda.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: function})
			return err
		}, "AccessDeniedException", "ResourceNotFoundException"},
		"lambda:InvokeFunction": {func(ctx context.Context, p *person) error {
			_, err := p.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: function})
			return err
		}, "AccessDeniedException", "ResourceNotFoundException"},
		"iam:GetRole": {func(ctx context.Context, p *person) error {
			_, err := p.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
			return err
		}, "AccessDenied", "NoSuchEntity"},
		"s3:PutObject": {func(ctx context.Context, p *person) error {
			_, err := p.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x")})
			return err
		}, "AccessDenied", ""},
		"s3:ListBucket": {func(ctx context.Context, p *person) error {
			_, err := p.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
			return err
		}, "AccessDenied", ""},
	}
	p := w.user(t, "u", statement("Allow", "s3:GetBucketLocation", "*"))
	who, err := p.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *who.Arn != "arn:aws:iam::000000000000:user/u" {
		t.Errorf("caller: %v, %v", who, err)
	}
	for right, resource := range map[string]string{
		"lambda:GetFunction":    "arn:aws:lambda:us-east-1:000000000000:function:f",
		"lambda:InvokeFunction": "arn:aws:lambda:*:*:function:f*",
		"iam:GetRole":           "arn:aws:iam::000000000000:role/r",
		"s3:PutObject":          "arn:aws:s3:::lab/in/*",
		"s3:ListBucket":         "arn:aws:s3:::lab",
	} {
		for _, policy := range []struct{ effect, resource string }{{"Allow", resource}, {"Allow", resource + "-other"}, {"Deny", resource}} {
			w.allow(t, "u", statement(policy.effect, right, policy.resource))
			for called, c := range calls {
				want := c.refused
				if policy.effect == "Allow" && policy.resource == resource && called == right {
					want = c.instead
				}
				if err := c.do(t.Context(), p); codeOf(err) != want || want == "" && err != nil {
					t.Errorf("%s %s on %s: %s: %v, want %s", policy.effect, right, policy.resource, called, err, want)
				}
			}
		}
	}
}

// TestBucketPolicy has a bucket that refuses what its user may.
func TestBucketPolicy(t *testing.T) {
	w := openTown(t)
	ctx, bucket := t.Context(), aws.String("lab")
	if _, err := w.owner.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	p := w.user(t, "u", statement("Allow", "s3:*", "*"))
	rule := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::lab/*"}]}`
	if _, err := w.owner.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: &rule}); err != nil {
		t.Fatal(err)
	}
	_, err := p.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("x"), Body: strings.NewReader("x")})
	if codeOf(err) != "AccessDenied" {
		t.Errorf("put: %v", err)
	}
	if _, err := p.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket}); err != nil {
		t.Errorf("list: %v", err)
	}
}

// TestKeysGo has a user whose key is removed, and who is then.
func TestKeysGo(t *testing.T) {
	w := openTown(t)
	ctx, name := t.Context(), aws.String("u")
	p := w.user(t, *name, statement("Allow", "*", "*"))
	keys, err := w.owner.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: name})
	if err != nil || len(keys.AccessKeyMetadata) != 1 {
		t.Fatalf("%v, %v", keys, err)
	}
	if _, err := p.s3.ListBuckets(ctx, &s3.ListBucketsInput{}); err != nil {
		t.Errorf("with a key: %v", err)
	}
	if _, err := w.owner.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}); codeOf(err) != "DeleteConflict" {
		t.Errorf("delete a user with a key: %v", err)
	}
	for _, err := range []error{
		second(w.owner.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: keys.AccessKeyMetadata[0].AccessKeyId})),
		second(w.owner.iam.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String("p")})),
		second(w.owner.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := p.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); codeOf(err) != "InvalidClientTokenId" {
		t.Errorf("without a key: %v", err)
	}
	if _, err := p.s3.ListBuckets(ctx, &s3.ListBucketsInput{}); codeOf(err) != "InvalidAccessKeyId" {
		t.Errorf("without a key: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
