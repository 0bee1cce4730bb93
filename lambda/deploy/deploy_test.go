package deploy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sshell/lambda"
	"sshell/remote/settings"
)

// deploy deploys and gives the report's lines.
func (a *testAccount) deploy(t *testing.T, p Plan) (settings.Deployed, []string) {
	t.Helper()
	d, out := a.deployer()
	got, err := d.Deploy(t.Context(), p)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return got, strings.Split(strings.TrimSpace(out.String()), "\n")
}

// hasLines reports whether each of want begins or is in a line.
func hasLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, w) }) {
			t.Errorf("no line %q in\n%s", w, strings.Join(got, "\n"))
		}
	}
}

func TestDeployAndAgain(t *testing.T) {
	a := open(t)
	p := plan(t)
	got, lines := a.deploy(t, p)
	want := settings.Deployed{Region: testRegion, Account: "000000000000", Bucket: defaultBkt, Function: "sshell", Arch: p.Code.Arch,
		RoleARN: "arn:aws:iam::000000000000:role/sshell-us-east-1", Build: "v1", Timeout: lambda.MaxTimeout, Memory: lambda.MemoryPerCPU, Storage: lambda.MinStorage}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	hasLines(t, lines, "+ bucket "+defaultBkt, "! bucket "+defaultBkt+": public access is blocked: skipped: the server has no such call",
		"encrypted: skipped", "~ bucket "+defaultBkt+": tmp/ and open uploads expire after 7 days", "+ role sshell-us-east-1", "+ function sshell: ")
	f, err := a.Lambda.GetFunction(t.Context(), &sdk.GetFunctionInput{FunctionName: aws.String("sshell")})
	if err != nil {
		t.Fatal(err)
	}
	if vars := f.Configuration.Environment.Variables; vars["SSHELL_BUCKET"] != defaultBkt {
		t.Errorf("variables: %v", vars)
	}
	if BuildOf(aws.ToString(f.Configuration.Description)) != "v1" || f.Tags["sshell"] != "deploy" {
		t.Errorf("%+v", f)
	}
	_, lines = a.deploy(t, p)
	for _, line := range lines {
		if line[0] != '=' && line[0] != '!' {
			t.Errorf("changed the second time: %s", line)
		}
	}
	p.Build, p.Memory, p.Timeout, p.Storage = "v2", 512, time.Minute, 1024
	got, lines = a.deploy(t, p)
	hasLines(t, lines, "~ function sshell: timeout in s 60 instead of 900, memory in MB 512 instead of 1769, storage in MB 1024 instead of 512, build v2 instead of v1")
	if got.Timeout != time.Minute || got.Memory != 512 || got.Storage != 1024 || got.Build != "v2" {
		t.Errorf("%+v", got)
	}
	p.Memory, p.Timeout, p.Storage = 0, 0, 0
	if got, _ = a.deploy(t, p); got.Memory != 512 {
		t.Errorf("a plan that says nothing changes the memory to %d", got.Memory)
	}
	other, err := Pack(programsOf(t, "arm64"), "")
	if err != nil {
		t.Fatal(err)
	}
	p.Code = other
	got, lines = a.deploy(t, p)
	hasLines(t, lines, "~ function sshell: code, ")
	if got.Arch != other.Arch {
		t.Errorf("%+v", got)
	}
}

func TestRights(t *testing.T) {
	a := open(t)
	p := plan(t)
	p.Read, p.Write = []string{"s3://lab/reads/", "other"}, []string{"results"}
	a.deploy(t, p)
	role := aws.String("sshell-us-east-1")
	for name, want := range map[string][]string{
		ownPolicy:  {defaultBkt + "/*", "function:sshell", "log-group:/aws/lambda/sshell:*", "s3:PutObject"},
		dataPolicy: {"arn:aws:s3:::lab/reads/*", "arn:aws:s3:::other/*", "arn:aws:s3:::results/*"},
	} {
		out, err := a.IAM.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: role, PolicyName: &name})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("%2F", "/", "%3A", ":", "%2A", "*").Replace(aws.ToString(out.PolicyDocument))
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %s: %s", name, w, text)
			}
		}
	}
	p.Read, p.Write = nil, nil
	a.deploy(t, p)
	if _, err := a.IAM.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: role, PolicyName: aws.String(dataPolicy)}); err != nil {
		t.Errorf("what it may read is gone: %v", err)
	}
	if _, err := a.IAM.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String(ownPolicy), PolicyDocument: aws.String(newPolicy(allow("", readActions, "*")).String())}); err != nil {
		t.Fatal(err)
	}
	_, lines := a.deploy(t, p)
	hasLines(t, lines, "~ role sshell-us-east-1: may use")
}

// TestUndeploy removes a deployment whose bucket has objects of its own alone.
func TestUndeploy(t *testing.T) {
	a := open(t)
	p := plan(t)
	p.Read = []string{"lab"}
	a.deploy(t, p)
	for _, key := range []string{"tmp/run/x", "ledger/r", "artifacts/0"} {
		a.put(t, defaultBkt, key)
	}
	d, out := a.deployer()
	r := Removal{Function: "sshell", Region: testRegion}
	if err := d.Undeploy(t.Context(), r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	hasLines(t, strings.Split(out.String(), "\n"), "- function sshell", "- role sshell-us-east-1", "- bucket "+defaultBkt)
	out.Reset()
	if err := d.Undeploy(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	hasLines(t, strings.Split(out.String(), "\n"), "= function sshell: there is none", "= role", "= bucket")
	if left, err := os.ReadDir(a.folder); err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return e.Name() == defaultBkt }) {
		t.Errorf("left: %v, %v", left, err)
	}
}

func (a *testAccount) put(t *testing.T, bucket, key string) {
	t.Helper()
	if _, err := a.objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("data")}); err != nil {
		t.Fatal(err)
	}
}

func TestUndeployKeepsObjects(t *testing.T) {
	for _, key := range []string{"reads.fastq", "data/reads.fastq", "tmpfile"} {
		a := open(t)
		a.deploy(t, plan(t))
		a.put(t, defaultBkt, "tmp/x")
		a.put(t, defaultBkt, key)
		d, out := a.deployer()
		r := Removal{Function: "sshell", Region: testRegion}
		var kept *KeptError
		if err := d.Undeploy(t.Context(), r); !errors.As(err, &kept) || out.Len() > 0 {
			t.Fatalf("%s: %v\n%s", key, err, out)
		}
		asked := ""
		r.Confirm = func(question string) bool { asked = question; return true }
		if err := d.Undeploy(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(asked, "such as "+strings.SplitAfter(key, "/")[0]) {
			t.Errorf("asked %q", asked)
		}
		hasLines(t, strings.Split(out.String(), "\n"), "- bucket "+defaultBkt)
	}
}

// TestSharedBucket has two functions with one bucket, which goes with the second.
func TestSharedBucket(t *testing.T) {
	a := open(t)
	p := plan(t)
	a.deploy(t, p)
	p.Function = "second"
	a.deploy(t, p)
	d, out := a.deployer()
	if err := d.Undeploy(t.Context(), Removal{Function: "sshell", Region: testRegion}); err != nil {
		t.Fatal(err)
	}
	hasLines(t, strings.Split(out.String(), "\n"), "= bucket "+defaultBkt+": function second uses it too, so it stays", "- function sshell", "- role sshell-us-east-1")
	if err := d.Undeploy(t.Context(), Removal{Function: "second", Region: testRegion}); err != nil {
		t.Fatal(err)
	}
	hasLines(t, strings.Split(out.String(), "\n"), "- role second-us-east-1", "- bucket "+defaultBkt)
}

// TestOthers has a bucket, a function and a role of the names that deploy would use, made by somebody else.
func TestOthers(t *testing.T) {
	a := open(t)
	p := plan(t)
	ctx := t.Context()
	if _, err := a.S3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("lab")}); err != nil {
		t.Fatal(err)
	}
	p.Bucket = "lab"
	_, lines := a.deploy(t, p)
	hasLines(t, lines, "= bucket lab: not made by deploy, so used as it is")
	d, out := a.deployer()
	if err := d.Undeploy(ctx, Removal{Function: "sshell", Bucket: "lab", Region: testRegion}); err != nil {
		t.Fatal(err)
	}
	hasLines(t, strings.Split(out.String(), "\n"), "= bucket lab: not made by deploy, so it stays", "- function sshell", "- role sshell-us-east-1")

	arn := "arn:aws:iam::000000000000:role/sshell-us-east-1"
	trust := aws.String(trustPolicy.String())
	if _, err := a.IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("sshell-us-east-1"), AssumeRolePolicyDocument: trust}); err != nil {
		t.Fatal(err)
	}
	p.Bucket = ""
	if _, err := d.Deploy(ctx, p); err == nil || !strings.HasSuffix(err.Error(), "give --role-arn "+arn) {
		t.Errorf("another's role: %v", err)
	}
	if found, err := d.findBucket(ctx, defaultBkt, testRegion, ""); found || err != nil {
		t.Errorf("a bucket was made before: %v", err)
	}
	p.RoleARN = arn
	if got, _ := a.deploy(t, p); got.RoleARN != arn {
		t.Errorf("%+v", got)
	}
	out.Reset()
	if err := d.Undeploy(ctx, Removal{Function: "sshell", Region: testRegion}); err != nil {
		t.Fatal(err)
	}
	hasLines(t, strings.Split(out.String(), "\n"), "= role sshell-us-east-1: not made by deploy, so it stays")
	if _, err := a.Lambda.CreateFunction(ctx, &sdk.CreateFunctionInput{FunctionName: aws.String("sshell"), Role: &arn, Runtime: runtime,
		Handler: aws.String("x"), Code: functionCode(p)}); err != nil {
		t.Fatal(err)
	}
	for _, do := range []func() error{
		func() error { _, err := d.Deploy(ctx, p); return err },
		func() error { return d.Undeploy(ctx, Removal{Function: "sshell", Region: testRegion}) },
	} {
		if err := do(); err == nil || err.Error() != "function sshell: it was not made by deploy: choose another name with --function" {
			t.Error(err)
		}
	}
}

// TestSlowServices has a bucket that was just removed, a role that IAM and Lambda do not know yet, and functions that take their time.
func TestSlowServices(t *testing.T) {
	a := open(t)
	p := plan(t)
	a.gate.refuse(refusal{call: "POST /2015-03-31/functions", status: 400, times: 3,
		body: "json:InvalidParameterValueException:The role defined for the function cannot be assumed by Lambda."})
	a.gate.refuse(refusal{call: "PUT /" + defaultBkt, status: 409, times: 2, body: `<Error><Code>OperationAborted</Code></Error>`})
	a.gate.refuse(refusal{call: "PutRolePolicy", status: 404, times: 1, body: `<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>`})
	d, _ := a.deployer()
	var waits []time.Duration
	d.Pause = func(ctx context.Context, t time.Duration) error { waits = append(waits, t); return ctx.Err() }
	if _, err := d.Deploy(t.Context(), p); err != nil || len(waits) != 3+2+1 {
		t.Errorf("%v after %v", err, waits)
	}
	a.gate.refuse(refusal{call: "PUT /2015-03-31/functions/sshell/configuration", status: 409, times: 2,
		body: "json:ResourceConflictException:The operation cannot be performed at this time. An update is in progress for resource"})
	waits, p.Memory = nil, 256
	if _, err := d.Deploy(t.Context(), p); err != nil || len(waits) != 2 {
		t.Errorf("%v after %v", err, waits)
	}
	a.gate.refuse(refusal{call: "PUT /2015-03-31/functions/sshell/configuration", status: 400, times: 1,
		body: "json:InvalidParameterValueException:It is wrong."})
	p.Memory = 257
	if _, err := d.Deploy(t.Context(), p); err == nil || !strings.Contains(err.Error(), "lambda:UpdateFunctionConfiguration: InvalidParameterValueException: It is wrong") {
		t.Error(err)
	}
	a.gate.refuse(refusal{call: "PUT /2015-03-31/functions/sshell/configuration", status: 400,
		body: "json:InvalidParameterValueException:cannot be assumed"})
	if _, err := d.Deploy(t.Context(), p); err == nil || !strings.Contains(err.Error(), "not ready after 5m0s") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d.Pause = func(context.Context, time.Duration) error { cancel(); return ctx.Err() }
	if _, err := d.Deploy(ctx, p); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestBadPlans(t *testing.T) {
	good := plan(t)
	for _, c := range []struct {
		change func(*Plan)
		want   string
	}{
		{func(p *Plan) { p.Region = "" }, "no region: set AWS_REGION"},
		{func(p *Plan) { p.Function = "arn:aws:lambda:x" }, "deploy takes a name"},
		{func(p *Plan) { p.Function = "a b" }, `function "a b": a name has`},
		{func(p *Plan) { p.Timeout = time.Hour }, "timeout 1h0m0s: a function has 1 to 900"},
		{func(p *Plan) { p.Memory = 64 }, "memory 64: a function has 128 to 10240 MB"},
		{func(p *Plan) { p.Storage = 99999 }, "storage 99999: /tmp has 512 to 10240 MB"},
		{func(p *Plan) { p.ExpireDays = -1 }, "expire-days -1"},
		{func(p *Plan) { p.Code.Image = "x" }, "a zip or an image"},
		{func(p *Plan) { p.Code = Code{Image: "x"} }, "give --arch"},
		{func(p *Plan) { p.Code.Zip = make([]byte, lambda.MaxZip+1) }, "zip: it has 50 MB"},
	} {
		p := good
		c.change(&p)
		if _, err := (&Deployer{}).Deploy(t.Context(), p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestBadAccounts has what is wrong with an account, and the line about it.
func TestBadAccounts(t *testing.T) {
	const denied = `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`
	const s3denied = `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`
	for _, c := range []struct {
		name   string
		refuse refusal
		want   string
	}{
		{"key", refusal{call: "GetCallerIdentity", status: 403, body: strings.Replace(denied, "AccessDenied", "InvalidClientTokenId", 1)}, "account: the access key is not known"},
		{"secret", refusal{call: "GetCallerIdentity", status: 403, body: strings.Replace(denied, "AccessDenied", "SignatureDoesNotMatch", 1)}, "account: the secret key is not the right one"},
		{"expired", refusal{call: "GetCallerIdentity", status: 403, body: strings.Replace(denied, "AccessDenied", "ExpiredToken", 1)}, "account: the credentials have expired: log in again"},
		{"clock", refusal{call: "GetCallerIdentity", status: 403, body: strings.NewReplacer("AccessDenied", "SignatureDoesNotMatch", ">no<", ">Signature expired: 1 is now earlier than 2<").Replace(denied)}, "account: the clock of this machine is off: set it"},
		{"region", refusal{call: "GetCallerIdentity", status: 403, body: strings.NewReplacer("AccessDenied", "SignatureDoesNotMatch", ">no<", ">Credential should be scoped to a valid region.<").Replace(denied)}, "account: it is another region's: set AWS_REGION"},
		{"role", refusal{call: "CreateRole", status: 403, body: denied}, "role sshell-us-east-1: iam:CreateRole is denied: sshellctl policy prints"},
		{"function", refusal{call: "GET /2015-03-31/functions/sshell", status: 403, body: "json:AccessDeniedException:no"}, "function sshell: lambda:GetFunction is denied: sshellctl policy prints"},
		{"another's bucket", refusal{call: "/" + defaultBkt, status: 403, body: `<Error><Code>AccessDenied</Code></Error>`}, "bucket " + defaultBkt + ": it is another account's, or s3:ListBucket on it is denied: choose another with --bucket"},
		{"taken bucket", refusal{call: "PUT /", status: 409, body: strings.Replace(s3denied, "AccessDenied", "BucketAlreadyExists", 1)}, "the name is taken by another account: choose another with --bucket"},
		{"no right to buckets", refusal{call: "PUT /", status: 403, body: s3denied}, "s3:CreateBucket is denied: sshellctl policy"},
		{"busy", refusal{call: "POST /2015-03-31/functions", status: 429, body: "json:TooManyRequestsException:Rate"}, "function sshell: the service asks to slow down"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := open(t)
			a.gate.refuse(c.refuse)
			d, _ := a.deployer()
			_, err := d.Deploy(t.Context(), plan(t))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	d := &Deployer{Clients: clients(testRegion, "http://127.0.0.1:1", "http://127.0.0.1:1")}
	if _, err := d.Deploy(t.Context(), plan(t)); err == nil || !strings.Contains(err.Error(), "account: cannot reach 127.0.0.1:1: connect: connection refused: look at the network") {
		t.Error(err)
	}
}

func TestWrongRegion(t *testing.T) {
	a := open(t)
	a.deploy(t, plan(t))
	a.gate.refuse(refusal{call: "HEAD /" + defaultBkt, status: 400})
	a.gate.refuse(refusal{call: "GET /" + defaultBkt, status: 400, body: `<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region is wrong</Message></Error>`})
	d, _ := a.deployer()
	if _, err := d.Deploy(t.Context(), plan(t)); err == nil || !strings.Contains(err.Error(), "it is another region's: set AWS_REGION") {
		t.Error(err)
	}
	b := open(t)
	b.deploy(t, plan(t))
	d, _ = b.deployer()
	p := plan(t)
	p.Bucket, p.Region = defaultBkt, "eu-central-1"
	if _, err := d.Deploy(t.Context(), p); err == nil || !strings.Contains(err.Error(), "it is in us-east-1, and this is eu-central-1: set AWS_REGION=us-east-1") {
		t.Error(err)
	}
}

// programsOf writes programs for a processor: the first bytes of one, which is all that is looked at.
func programsOf(t *testing.T, arch string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range programNames {
		if err := os.WriteFile(filepath.Join(dir, name), elfHeader(arch), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
