package emulator

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func TestControlPlane(t *testing.T) {
	s := serve(t, nil)
	ctx, name := t.Context(), aws.String("f")
	var missing *types.ResourceNotFoundException
	if _, err := s.client.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name}); !errors.As(err, &missing) {
		t.Errorf("get a function that is not there: %v", err)
	}
	zip, err := archive(map[string][]byte{"bootstrap": []byte("one")})
	if err != nil {
		t.Fatal(err)
	}
	in := &lambda.CreateFunctionInput{FunctionName: name, Role: aws.String("arn:aws:iam::000000000000:role/r"), Runtime: types.RuntimeProvidedal2023,
		Code: &types.FunctionCode{ZipFile: zip}, Environment: &types.Environment{Variables: map[string]string{"A": "b"}},
		Architectures: []types.Architecture{types.ArchitectureArm64}, EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(1024)}}
	made, err := s.client.CreateFunction(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if made.State != types.StateActive || made.LastUpdateStatus != types.LastUpdateStatusSuccessful || *made.Version != "$LATEST" ||
		*made.Timeout != 3 || *made.MemorySize != 128 || made.Architectures[0] != types.ArchitectureArm64 || made.Environment.Variables["A"] != "b" {
		t.Errorf("created %+v", made)
	}
	var conflict *types.ResourceConflictException
	if _, err := s.client.CreateFunction(ctx, in); !errors.As(err, &conflict) {
		t.Errorf("create again: %v", err)
	}
	if err := lambda.NewFunctionActiveV2Waiter(s.client).Wait(ctx, &lambda.GetFunctionInput{FunctionName: name}, time.Minute); err != nil {
		t.Errorf("wait: %v", err)
	}
	got, err := s.client.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
	if err != nil || *got.Configuration.CodeSha256 != *made.CodeSha256 {
		t.Fatalf("get: %v %+v", err, got)
	}
	resp, err := http.Get(*got.Code.Location)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != string(zip) {
		t.Errorf("code: %v, %d bytes, want %d", err, len(body), len(zip))
	}
	zip, err = archive(map[string][]byte{"bootstrap": []byte("two")})
	if err != nil {
		t.Fatal(err)
	}
	updated, err := s.client.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: zip})
	if err != nil || *updated.CodeSha256 == *made.CodeSha256 || updated.Environment.Variables["A"] != "b" {
		t.Errorf("update code: %v %+v", err, updated)
	}
	for _, bad := range []*lambda.UpdateFunctionConfigurationInput{{Timeout: aws.Int32(901)}, {MemorySize: aws.Int32(127)},
		{Environment: &types.Environment{Variables: map[string]string{"AWS_REGION": "x"}}}} {
		bad.FunctionName = name
		var invalid *types.InvalidParameterValueException
		if _, err := s.client.UpdateFunctionConfiguration(ctx, bad); !errors.As(err, &invalid) {
			t.Errorf("update to %+v: %v", bad, err)
		}
	}
	if _, err := s.client.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: name}); err != nil {
		t.Errorf("delete: %v", err)
	}
	if _, err := s.client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: name}); !errors.As(err, &missing) {
		t.Errorf("get after delete: %v", err)
	}
}

// TestZipsThatEscape has a zip with a file outside of its folder.
func TestZipsThatEscape(t *testing.T) {
	s := serve(t, nil)
	zip, err := archive(map[string][]byte{"../../x": nil})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.client.CreateFunction(t.Context(), &lambda.CreateFunctionInput{FunctionName: aws.String("f"),
		Role: aws.String("arn:aws:iam::000000000000:role/r"), Runtime: types.RuntimeProvidedal2023, Code: &types.FunctionCode{ZipFile: zip}})
	var invalid *types.InvalidParameterValueException
	if !errors.As(err, &invalid) {
		t.Errorf("created: %v", err)
	}
}

func TestSignatures(t *testing.T) {
	s := serve(t, nil)
	for _, c := range []struct{ what, key, secret, service, region, code string }{
		{"a wrong secret", "AKIDTEST", "other", "lambda", "us-east-1", "InvalidSignatureException"},
		{"an unknown key", "AKIDOTHER", "secret", "lambda", "us-east-1", "UnrecognizedClientException"},
		{"another region", "AKIDTEST", "secret", "lambda", "eu-west-1", "InvalidSignatureException"},
		{"another service", "AKIDTEST", "secret", "ec2", "us-east-1", "InvalidSignatureException"},
		{"", "AKIDTEST", "secret", "lambda", "us-east-1", "ResourceNotFoundException"},
	} {
		client := lambda.New(lambda.Options{BaseEndpoint: aws.String(s.URL()), Region: c.region, RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider(c.key, c.secret, "")},
			lambda.WithSigV4SigningName(c.service))
		_, err := client.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("arn:aws:lambda:us-east-1:000000000000:function:none:$LATEST")})
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != c.code {
			t.Errorf("%s: %v, want %s", c.what, err, c.code)
		}
	}
}

// TestClockSkew signs with times that are just good enough, and not.
func TestClockSkew(t *testing.T) {
	s := &Server{Config: Config{AccessKey: "k", SecretKey: "s", Region: "us-east-1"}}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for skew, good := range map[time.Duration]bool{0: true, 5 * time.Minute: true, -5 * time.Minute: true, 301 * time.Second: false, -301 * time.Second: false} {
		r, err := http.NewRequest("GET", "http://127.0.0.1:1/a%20b?y=2&x=%2F", nil)
		if err != nil {
			t.Fatal(err)
		}
		const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "k", SecretAccessKey: "s"}, r, empty, "lambda", "us-east-1", now.Add(skew)); err != nil {
			t.Fatal(err)
		}
		r.RequestURI, r.Host = r.URL.RequestURI(), r.URL.Host
		if _, _, refused := s.verify(r, nil, now); (refused == nil) != good {
			t.Errorf("skew %v: %v", skew, refused)
		}
	}
	if _, _, refused := s.verify(&http.Request{Header: http.Header{}}, nil, now); refused == nil || refused.code != "MissingAuthenticationTokenException" {
		t.Errorf("no signature: %v", refused)
	}
}

func TestRoles(t *testing.T) {
	s := serve(t, nil)
	ctx := t.Context()
	keys := credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", "")
	c := iam.New(iam.Options{BaseEndpoint: aws.String(s.URL()), Region: "us-east-1", Credentials: keys, RetryMaxAttempts: 1})
	name, doc := aws.String("a.role"), aws.String(`{"Version": "2012-10-17", "Statement": []}`)
	rights := aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`)
	var missing *iamtypes.NoSuchEntityException
	if _, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: name}); !errors.As(err, &missing) {
		t.Errorf("get a role that is not there: %v", err)
	}
	made, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: doc,
		Tags: []iamtypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	if err != nil || *made.Role.Arn != "arn:aws:iam::000000000000:role/a.role" || len(made.Role.Tags) != 1 || made.Role.CreateDate.IsZero() {
		t.Fatalf("create: %v %+v", err, made)
	}
	var exists *iamtypes.EntityAlreadyExistsException
	if _, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: doc}); !errors.As(err, &exists) {
		t.Errorf("create again: %v", err)
	}
	if _, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("p"), PolicyDocument: rights}); err != nil {
		t.Errorf("put policy: %v", err)
	}
	if got, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("p")}); err != nil || *got.PolicyDocument != escape(*rights, false) {
		t.Errorf("get policy: %v %+v", err, got)
	}
	if list, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: name}); err != nil || len(list.PolicyNames) != 1 {
		t.Errorf("list policies: %v %+v", err, list)
	}
	var used *iamtypes.DeleteConflictException
	if _, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}); !errors.As(err, &used) {
		t.Errorf("delete with a policy: %v", err)
	}
	if _, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("p")}); err != nil {
		t.Errorf("delete policy: %v", err)
	}
	if _, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}); err != nil {
		t.Errorf("delete: %v", err)
	}
	who, err := sts.New(sts.Options{BaseEndpoint: aws.String(s.URL()), Region: "us-east-1", Credentials: keys}).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *who.Account != accountID {
		t.Errorf("caller: %v %+v", err, who)
	}
}
