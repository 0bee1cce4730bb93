package deploy

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sshell/remote/settings"
)

// doctor gives one for a deployment of the default names, and its report.
func (a *testAccount) doctor(t *testing.T) (*Doctor, *bytes.Buffer) {
	t.Helper()
	vars := map[string]string{"SSHELL_BUCKET": defaultBkt, "SSHELL_FUNCTION": DefaultFunction, "AWS_ACCESS_KEY_ID": testKey}
	s, err := settings.Load(settings.Source{Env: func(name string) string { return vars[name] }})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	return &Doctor{Clients: a.Clients, Settings: s, Region: testRegion, Build: "v1", Out: &out,
		Credentials: credentials.NewStaticCredentialsProvider(testKey, testSecret, ""),
		Agent:       func(context.Context) (string, string, error) { return "/bin/sshell-agent", "v1", nil },
		Try:         func(context.Context) error { return nil },
	}, &out
}

func TestDoctorFindsNothing(t *testing.T) {
	a := open(t)
	a.deploy(t, plan(t))
	d, out := a.doctor(t)
	if n := d.Examine(t.Context()); n != 0 || strings.Contains(out.String(), "wrong") {
		t.Errorf("%d wrong:\n%s", n, out)
	}
	hasLines(t, strings.Split(out.String(), "\n"), "note   settings: s3:// is S3 (AWS_ACCESS_KEY_ID)", "ok     agent: /bin/sshell-agent, build v1",
		"ok     region: us-east-1", "ok     account: arn:aws:iam::000000000000:root", "ok     bucket "+defaultBkt+": objects are created, read and removed",
		"ok     bucket "+defaultBkt+": what is left under tmp/ expires after 7 days", "ok     function sshell: ", "ok     concurrency: 1000",
		"ok     function sshell: runs a stage")
	list, err := a.objects.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(defaultBkt)})
	if err != nil || len(list.Contents) > 0 {
		t.Errorf("left %v, %v", list.Contents, err)
	}
}

// TestDoctor has each thing that can be wrong, and its line, the only one that says so.
func TestDoctor(t *testing.T) {
	const s3denied = `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`
	ctx := t.Context()
	set := func(change func(*settings.Settings)) func(*testAccount, *Doctor) {
		return func(_ *testAccount, d *Doctor) { change(d.Settings) }
	}
	refuse := func(r refusal) func(*testAccount, *Doctor) {
		return func(a *testAccount, _ *Doctor) { a.gate.refuse(r) }
	}
	for _, c := range []struct {
		name   string
		change func(*testAccount, *Doctor)
		want   string
	}{
		{"no region", func(_ *testAccount, d *Doctor) { d.Region = "" }, "no region: set AWS_REGION, or region in .sshell.toml"},
		{"no credentials", func(_ *testAccount, d *Doctor) {
			d.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("none") })
		}, "credentials: no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID"},
		{"unknown key", refuse(refusal{call: "GetCallerIdentity", status: 403, body: `<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>`}),
			"account: the access key is not known: look at AWS_ACCESS_KEY_ID"},
		{"nobody there", func(_ *testAccount, d *Doctor) {
			d.Clients = clients(testRegion, "http://127.0.0.1:1", "http://127.0.0.1:1")
		},
			"account: cannot reach 127.0.0.1:1: connect: connection refused: look at the network, AWS_REGION and AWS_ENDPOINT_URL"},
		{"slow clock", refuse(refusal{call: "GetCallerIdentity", ahead: 20 * time.Minute}), "clock: that of this machine is 20m0s behind the service's: set it"},
		{"fast clock", refuse(refusal{call: "GetCallerIdentity", ahead: -time.Hour}), "clock: that of this machine is 1h0m0s ahead of the service's: set it"},
		{"no bucket set", set(func(s *settings.Settings) { s.Bucket = "" }), "bucket: none is set: make one with sshellctl deploy, or name it in SSHELL_BUCKET"},
		{"missing bucket", func(a *testAccount, _ *Doctor) {
			if _, err := a.objects.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(defaultBkt)}); err != nil {
				t.Error(err)
			}
		}, "bucket " + defaultBkt + ": there is none: make it with sshellctl deploy"},
		{"bucket elsewhere", func(_ *testAccount, d *Doctor) { d.Region = "eu-central-1" },
			"bucket " + defaultBkt + ": it is in us-east-1, and this is eu-central-1: set AWS_REGION=us-east-1"},
		{"another's bucket", refuse(refusal{call: "/" + defaultBkt, status: 403, body: s3denied}), "bucket " + defaultBkt + ": it is another account's, or s3:ListBucket on it is denied"},
		{"bucket that cannot be written", refuse(refusal{call: "PUT /" + defaultBkt + "/tmp/", status: 403, body: s3denied}),
			"bucket " + defaultBkt + ": s3:PutObject is denied: sshellctl policy prints the rights that are needed"},
		{"bucket that cannot be read", refuse(refusal{call: "GET /" + defaultBkt + "/tmp/", status: 403, body: s3denied}), "bucket " + defaultBkt + ": s3:GetObject is denied"},
		{"bucket where nothing is removed", refuse(refusal{call: "DELETE /" + defaultBkt + "/tmp/", status: 403, body: s3denied, times: 1}), "bucket " + defaultBkt + ": s3:DeleteObject is denied"},
		{"no function set", set(func(s *settings.Settings) { s.Function = "" }), "function: none is set: make one with sshellctl deploy, or name it in SSHELL_FUNCTION"},
		{"missing function", set(func(s *settings.Settings) { s.Function = "nothing" }),
			"function nothing: there is none in us-east-1: make it with sshellctl deploy, or name its region with AWS_REGION"},
		{"function that may not be seen", refuse(refusal{call: "GET /2015-03-31/functions/sshell", status: 403, body: "json:AccessDeniedException:no"}),
			"function sshell: lambda:GetFunction is denied: sshellctl policy prints"},
		{"another version", func(_ *testAccount, d *Doctor) {
			d.Build = "v2"
			d.Agent = func(context.Context) (string, string, error) { return "", "v2", nil }
		}, "function sshell: it is of build v1, and this program of v2: run sshellctl deploy"},
		{"somebody's function", func(a *testAccount, _ *Doctor) {
			_, err := a.Lambda.UpdateFunctionConfiguration(ctx, &sdk.UpdateFunctionConfigurationInput{FunctionName: aws.String("sshell"), Description: aws.String("mine")})
			if err != nil {
				t.Error(err)
			}
		}, "function sshell: it is none of sshellctl deploy's: make one with it, or name another"},
		{"failed change", refuse(refusal{call: "GET /2015-03-31/functions/sshell", status: 200,
			body: `{"Configuration":{"State":"Active","LastUpdateStatus":"Failed","LastUpdateStatusReason":"The image is gone","LastUpdateStatusReasonCode":"ImageDeleted","Description":"sshell v1"}}`}),
			"function sshell: its last change failed: ImageDeleted: The image is gone"},
		{"being made", refuse(refusal{call: "GET /2015-03-31/functions/sshell", status: 200, body: `{"Configuration":{"State":"Pending","Description":"sshell v1"}}`}),
			"function sshell: it is being made or changed: try again in a minute"},
		{"another bucket", func(a *testAccount, d *Doctor) {
			d.Settings.Bucket = "lab"
			if _, err := a.objects.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("lab")}); err != nil {
				t.Error(err)
			}
		}, "function sshell: its bucket is " + defaultBkt + ", and the one that is set lab (SSHELL_BUCKET): run sshellctl deploy, or set SSHELL_BUCKET=" + defaultBkt},
		{"rights of the role", func(_ *testAccount, d *Doctor) {
			d.Try = func(context.Context) error { return errors.New("function sshell: denied") }
		},
			"function sshell: denied"},
		{"no agent", func(_ *testAccount, d *Doctor) {
			d.Agent = func(context.Context) (string, string, error) { return "", "", errors.New("not found") }
		}, "agent: not found"},
		{"another agent", func(_ *testAccount, d *Doctor) {
			d.Agent = func(context.Context) (string, string, error) { return "/x", "v0", nil }
		}, "agent: /x is of build v0, and this program of v1: install all programs of one build"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := open(t)
			a.deploy(t, plan(t))
			d, out := a.doctor(t)
			c.change(a, d)
			n := d.Examine(ctx)
			if n != 1 || strings.Count(out.String(), "\nwrong  ") != 1 && !strings.HasPrefix(out.String(), "wrong  ") || !strings.Contains(out.String(), "wrong  "+c.want) {
				t.Errorf("%d wrong, want one, %q:\n%s", n, c.want, out)
			}
		})
	}
}

func TestDoctorNotes(t *testing.T) {
	a := open(t)
	p := plan(t)
	a.deploy(t, p)
	d, out := a.doctor(t)
	d.Settings.Memory, d.Settings.On, d.Settings.Ignored = 512, "lambda", []string{"/tmp/.sshell.toml: belongs to another user: ignored"}
	a.gate.refuse(refusal{call: "account-settings", status: 403, body: "json:AccessDeniedException:no"})
	a.gate.refuse(refusal{call: "lifecycle", status: 200, body: `<LifecycleConfiguration><Rule><ID>sshell-tmp</ID><Status>Enabled</Status><Filter><Prefix>tmp/</Prefix></Filter><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>`})
	if n := d.Examine(t.Context()); n != 0 {
		t.Errorf("%d wrong", n)
	}
	hasLines(t, strings.Split(out.String(), "\n"), "note   settings: stages that can leave run on lambda", "note   settings: /tmp/.sshell.toml: belongs",
		"memory is 1769 and set to 512", "note   concurrency: could not be looked at: lambda:GetAccountSettings is denied", "expires after 3 days")
}

// TestUnanswered has errors that are no service's answer.
func TestUnanswered(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "lambda.nowhere-1.amazonaws.com"}},
			"cannot reach lambda.nowhere-1.amazonaws.com: no such host: look at the network, AWS_REGION and AWS_ENDPOINT_URL"},
		{&smithyhttp.RequestSendError{Err: &url.Error{Op: "Post", URL: "https://x", Err: errors.New("tls: wrong certificate")}},
			"cannot reach the service: tls: wrong certificate: look at the network, AWS_REGION and AWS_ENDPOINT_URL"},
		{&v4.SigningError{Err: errors.New("no keys")}, adviceAnonymous},
		{&aws.MissingRegionError{}, ErrNoRegion.Error()},
		{errors.New("two\nlines"), "two lines"},
	} {
		if got := reason(c.err); got != c.want {
			t.Errorf("%v: %s, want %s", c.err, got, c.want)
		}
	}
}
