package emulator_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sshell/lambda/emulator"
)

// emptyZip is a zip of nothing: the end of its directory.
var emptyZip = append([]byte("PK\x05\x06"), make([]byte, 18)...)

// TestCodeInS3 makes and changes functions whose code is an object.
func TestCodeInS3(t *testing.T) {
	endpoint, _ := startS3(t, t.TempDir())
	store := client(endpoint, "key")
	bucket := aws.String("code")
	if _, err := store.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String("f.zip"), Body: bytes.NewReader(emptyZip)}); err != nil {
		t.Fatal(err)
	}
	s, err := emulator.Start(emulator.Config{AccessKey: "key", SecretKey: "secret", Dir: t.TempDir(), Self: []string{"/proc/self/exe"}, S3: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := lambda.New(lambda.Options{BaseEndpoint: aws.String(s.URL()), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")})
	for _, test := range []struct{ bucket, key, failure string }{
		{"code", "f.zip", ""},
		{"code", "missing.zip", "S3 Error Code: NoSuchKey."},
		{"missing", "f.zip", "S3 Error Code: NoSuchBucket."},
	} {
		name := aws.String(test.bucket + test.key[:1])
		made, err := c.CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: name, Role: aws.String("arn:aws:iam::000000000000:role/r"),
			Runtime: types.RuntimeProvidedal2023, Code: &types.FunctionCode{S3Bucket: &test.bucket, S3Key: &test.key}})
		if test.failure != "" {
			if err == nil || !strings.Contains(err.Error(), test.failure) {
				t.Errorf("create from %s/%s: %v", test.bucket, test.key, err)
			}
			continue
		}
		sum := sha256.Sum256(emptyZip)
		if err != nil || *made.CodeSha256 != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Fatalf("create: %v %+v", err, made)
		}
		changed, err := c.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, S3Bucket: &test.bucket, S3Key: &test.key})
		if err != nil || *changed.CodeSha256 != *made.CodeSha256 || changed.CodeSize != int64(len(emptyZip)) {
			t.Errorf("update: %v %+v", err, changed)
		}
	}
}
