package lambda

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"sshell/interp/plan"
	"sshell/pipes/objstore/mem"
	"sshell/remote"
)

// sdkConfig is how the SDK's client reaches a server of the test.
func sdkConfig(url string) aws.Config {
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(url),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		}),
	}
}

func newRunner(t testing.TB, i Invoker) *Runner {
	t.Helper()
	r, err := New(Config{
		Invoker: i, Function: "sshell", Region: "eu-west-1",
		Bucket: "bucket", Store: new(mem.Store),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func argv(args ...string) *remote.Task {
	return &remote.Task{Run: "run", Stages: []remote.Stage{{Argv: args}}}
}

// isBusy, isLost and isNotStarted are the ways in which Run may not know or have a status.
func isBusy(err error) bool { return errors.Is(err, ErrBusy) && !isLost(err) && !isNotStarted(err) }
func isLost(err error) bool { return errors.Is(err, remote.ErrLost) }
func isNotStarted(err error) bool {
	var no *remote.NotStartedError
	return errors.As(err, &no) && no.Status == plan.StatusMachinery && !isLost(err)
}

func TestAnswersOfLambda(t *testing.T) {
	for _, c := range []struct {
		code    string
		status  int
		message string
		is      func(error) bool
		says    string
	}{
		{"TooManyRequestsException", 429, "Rate Exceeded.", isBusy, "busy"},
		{"EC2ThrottledException", 502, "", isBusy, "busy"},
		{"ResourceNotReadyException", 502, "", isBusy, "busy"},
		{"ResourceConflictException", 409, "The function is currently in the following state: Pending", isBusy, "Pending"},
		{"ResourceNotFoundException", 404, "", isNotStarted, "no such function in eu-west-1: make it with sshellctl deploy"},
		{"AccessDeniedException", 403, "", isNotStarted, "sshellctl policy"},
		{"UnrecognizedClientException", 403, "", isNotStarted, "AWS_ACCESS_KEY_ID"},
		{"ExpiredTokenException", 403, "", isNotStarted, "expired"},
		{"InvalidSignatureException", 403, "Signature expired: 2020 is now earlier than 2021", isNotStarted, "clock"},
		{"InvalidSignatureException", 403, "The request signature we calculated does not match", isNotStarted, "AWS_SECRET_ACCESS_KEY"},
		{"RequestTooLargeException", 413, "", isNotStarted, "6 MB"},
		{"SomethingTooLarge", 413, "", isNotStarted, "6 MB"},
		{"InvalidRequestContentException", 400, "not JSON", isNotStarted, "not JSON"},
		{"KMSDisabledException", 502, "key", isLost, "KMSDisabledException"},
		{"ServiceException", 500, "oops", isLost, "oops"},
		{"InternalFailure", 503, "", isLost, "InternalFailure"},
	} {
		t.Run(c.code, func(t *testing.T) {
			var asked atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.Header().Set("X-Amzn-ErrorType", c.code)
				w.WriteHeader(c.status)
				io.WriteString(w, `{"message":"`+c.message+`","Message":"`+c.message+`"}`)
			}))
			defer s.Close()
			r := newRunner(t, NewInvoker(sdkConfig(s.URL)))
			a := (&call{r: r, by: r.cfg.Invoker, task: argv("true")}).once(t.Context(), []byte("{}"))
			if !c.is(a.err) || !strings.Contains(a.err.Error(), c.says) || !strings.HasPrefix(a.err.Error(), "lambda: sshell: ") {
				t.Errorf("got %v, want %q", a.err, c.says)
			}
			if asked.Load() != 1 {
				t.Errorf("asked %d times", asked.Load())
			}
			if a.gone == isLost(a.err) {
				t.Errorf("gone is %v", a.gone)
			}
		})
	}
}

func TestConnectionThatEnds(t *testing.T) {
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	}))
	defer s.Close()
	_, err := newRunner(t, NewInvoker(sdkConfig(s.URL))).Run(t.Context(), argv("true"), remote.Streams{})
	if !isLost(err) || asked.Load() != 1 {
		t.Errorf("got %v after %d requests, want it lost after one", err, asked.Load())
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	l.Close()
	_, err = newRunner(t, NewInvoker(sdkConfig(url))).Run(t.Context(), argv("true"), remote.Streams{})
	if !isNotStarted(err) || !strings.Contains(err.Error(), "cannot connect to Lambda in eu-west-1") {
		t.Errorf("got %v", err)
	}
}

func TestNothingSetUp(t *testing.T) {
	for _, name := range []string{
		"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	cfg, err := awsconfig.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = newRunner(t, NewInvoker(cfg)).Run(t.Context(), argv("true"), remote.Streams{})
	if !isNotStarted(err) || !strings.Contains(err.Error(), "set AWS_") {
		t.Errorf("nothing: got %v", err)
	}
	withRegion := cfg.Copy()
	withRegion.Region = "eu-west-1"
	_, err = newRunner(t, NewInvoker(withRegion)).Run(t.Context(), argv("true"), remote.Streams{})
	if !isNotStarted(err) || !strings.Contains(err.Error(), "no credentials") {
		t.Errorf("without credentials: got %v", err)
	}
	withKey := sdkConfig("")
	withKey.BaseEndpoint, withKey.Region = nil, ""
	_, err = newRunner(t, NewInvoker(withKey)).Run(t.Context(), argv("true"), remote.Streams{})
	if !isNotStarted(err) || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("without a region: got %v", err)
	}
}
