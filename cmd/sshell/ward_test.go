package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The account of TestRefusals, beside what deploy makes.
const (
	outBucket   = "results" // for outputs
	inBucket    = "reads"   // whose policy lets nobody write
	oldFunction = "older"   // of another version of the wire
)

// ward is an account with a user, who may only run stages, a function with the rights that deploy gives it, and what it takes for
// the faults.
type ward struct {
	*lab
	other  string   // folder with programs of other versions
	behind *lab     // the same programs with services whose clock is another
	nobody []string // the key of a user who may nothing
	half   []string // of one who may invoke functions, and use no bucket
}

// openWard makes the account.
func openWard(t *testing.T) *ward {
	t.Helper()
	shared := openLab(t)
	w := &ward{lab: &lab{dir: t.TempDir(), bin: shared.bin}, other: filepath.Join(t.TempDir(), "bin")}
	w.buildOthers(t)
	w.open(t, w.lab)
	w.behind = &lab{dir: t.TempDir(), bin: shared.bin}
	w.open(t, w.behind, "--clock", "1h")
	w.furnish(t)
	return w
}

// open starts services without a function.
func (w *ward) open(t *testing.T, l *lab, more ...string) {
	t.Helper()
	if err := l.start(append(more, "--bare")...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
}

// buildOthers builds an agent of another build, and a function of another version.
func (w *ward) buildOthers(t *testing.T) {
	t.Helper()
	wire, err := filepath.Abs("../../lambda/wire.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(wire)
	if err != nil {
		t.Fatal(err)
	}
	const version = "const Version = "
	if !bytes.Contains(text, []byte(version)) {
		t.Fatalf("%s has no %q", wire, version)
	}
	dir := t.TempDir()
	older := filepath.Join(dir, "wire.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{wire: older}})
	err = errors.Join(err, os.WriteFile(older, bytes.Replace(text, []byte(version), []byte(version+"1000+"), 1), 0o666),
		os.WriteFile(filepath.Join(dir, "overlay"), overlay, 0o666))
	if err != nil {
		t.Fatal(err)
	}
	for program, flag := range map[string]string{"bootstrap": "-overlay=" + filepath.Join(dir, "overlay"), "sshell-agent": "-trimpath"} {
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w -X sshell/remote/agent.stamp=older", flag,
			"-o", filepath.Join(w.other, program), "../"+program)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", program, err, out)
		}
	}
	for _, program := range []string{"sshell", "sshellctl"} {
		if err := os.Link(filepath.Join(w.bin, program), filepath.Join(w.other, program)); err != nil {
			t.Fatal(err)
		}
	}
}

// furnish makes functions, buckets and people.
func (w *ward) furnish(t *testing.T) {
	t.Helper()
	w.bucket = "sshell-000000000000-us-east-1" // deploy's default
	w.ctl(t, w.lab, w.bin, "deploy", "--write", outBucket, "--read", inBucket)
	w.ctl(t, w.lab, w.other, "deploy", "--function", oldFunction, "--bucket", w.bucket)
	w.ctl(t, w.behind, w.bin, "deploy")
	w.objects = filepath.Join(w.dir, "s3")
	owner, ctx := w.store(), t.Context()
	for _, name := range []string{outBucket, inBucket} {
		if _, err := owner.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
	}
	readOnly := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::` + inBucket + `/*"}]}`
	if _, err := owner.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(inBucket), Policy: &readOnly}); err != nil {
		t.Fatal(err)
	}
	policy := w.ctl(t, w.lab, w.bin, "policy", "--user", "--account", "000000000000")
	invoke := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}]}`
	data := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::` + outBucket + `*","arn:aws:s3:::` + inBucket + `*"]}]}`
	for l, all := range map[*lab][]string{w.lab: {policy, invoke, data}, w.behind: {policy}} {
		key := l.person(t, "user", all)
		if l == w.lab {
			w.nobody, w.half = l.person(t, "nobody", nil), l.person(t, "half", []string{invoke})
		}
		l.environ = append(l.environ, key...)
	}
}

// ctl runs sshellctl with the account's own key.
func (w *ward) ctl(t *testing.T, l *lab, bin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "sshellctl"), args...)
	cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=" + l.dir}, l.environ...)
	cmd.Dir = l.dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sshellctl %v: %v\n%s%s", args, err, out, err.(*exec.ExitError).Stderr)
	}
	return string(out)
}

// config leads the SDK to the account with its own key.
func (l *lab) config() aws.Config {
	return aws.Config{Region: l.value("AWS_REGION"), Credentials: credentials.NewStaticCredentialsProvider(l.value("AWS_ACCESS_KEY_ID"), l.value("AWS_SECRET_ACCESS_KEY"), "")}
}

func (l *lab) store() *s3.Client {
	return s3.NewFromConfig(l.config(), func(o *s3.Options) { o.BaseEndpoint, o.UsePathStyle = aws.String(l.value("AWS_ENDPOINT_URL_S3")), true })
}

// person makes a user with policies, and gives the variables of the key.
func (l *lab) person(t *testing.T, name string, policies []string) []string {
	t.Helper()
	c := iam.NewFromConfig(l.config(), func(o *iam.Options) { o.BaseEndpoint = aws.String(l.value("AWS_ENDPOINT_URL_IAM")) })
	if _, err := c.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
	for i, p := range policies {
		in := &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String(fmt.Sprint("p", i)), PolicyDocument: &p}
		if _, err := c.PutUserPolicy(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	out, err := c.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return []string{"AWS_ACCESS_KEY_ID=" + *out.AccessKey.AccessKeyId, "AWS_SECRET_ACCESS_KEY=" + *out.AccessKey.SecretAccessKey}
}
