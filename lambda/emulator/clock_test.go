package emulator_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sshell/lambda/emulator"
)

// TestClockAhead has services whose clock is an hour from this machine's. The SDK is told so by the first answer, and sets its own right
// if it may try again.
func TestClockAhead(t *testing.T) {
	bucket, key := aws.String("lab"), aws.String("a b/c+d%")
	for _, ahead := range []time.Duration{time.Hour, -time.Hour} {
		endpoint, _ := startS3(t, t.TempDir(), aheadVar+"="+ahead.String())
		open := func(secret string, tries int) *s3.Client {
			return s3.New(s3.Options{BaseEndpoint: &endpoint, UsePathStyle: true, Region: "us-east-1", RetryMaxAttempts: tries,
				Credentials: credentials.NewStaticCredentialsProvider("key", secret, "")})
		}
		if _, err := open("secret", 1).ListBuckets(t.Context(), &s3.ListBucketsInput{}); codeOf(err) != "RequestTimeTooSkewed" {
			t.Errorf("%v: at the first try: %v", ahead, err)
		}
		if _, err := open("other", 2).ListBuckets(t.Context(), &s3.ListBucketsInput{}); codeOf(err) != "SignatureDoesNotMatch" {
			t.Errorf("%v: with a wrong secret: %v", ahead, err)
		}
		c := open("secret", 2)
		if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("data")}); err != nil {
			t.Fatal(err)
		}
		out, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(out.Body); err != nil || string(data) != "data" {
			t.Errorf("%v: read %q, %v", ahead, data, err)
		}
		out.Body.Close()

		l, err := emulator.Start(emulator.Config{AccessKey: "key", SecretKey: "secret", Dir: t.TempDir(), Ahead: ahead, Self: []string{"/bin/true"}})
		if err != nil {
			t.Fatal(err)
		}
		for tries, want := range map[int]string{1: "SignatureDoesNotMatch", 2: ""} {
			who := sts.New(sts.Options{BaseEndpoint: aws.String(l.URL()), Region: "us-east-1", RetryMaxAttempts: tries,
				Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")})
			if _, err := who.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); codeOf(err) != want {
				t.Errorf("%v: %d tries: %v", ahead, tries, err)
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
