package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/s3"
	"sshell/pipes/objstore/s3/s3test"
)

// between puts a proxy before the server, whose answers answer may spoil, and returns a store of a new bucket behind it.
// The signature names the server, so that the proxy leaves the request's host as it came and the server must not look.
func between(t *testing.T, answer func(*http.Response) error) objstore.Store {
	t.Helper()
	return betweenBucket(t, s3test.NewBucket(t), answer)
}

func betweenBucket(t *testing.T, bucket string, answer func(*http.Response) error) objstore.Store {
	t.Helper()
	to, err := url.Parse(s3test.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host },
		ModifyResponse: answer,
		ErrorLog:       log.New(io.Discard, "", 0),
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // the connection is cut
		},
	})
	t.Cleanup(proxy.Close)
	return s3test.OpenAt(t, proxy.URL, bucket)
}

var errCut = errors.New("cut")

// once spoils the first answer to a method.
func once(method string) (func(*http.Response) error, *atomic.Int64) {
	var n atomic.Int64
	return func(r *http.Response) error {
		if r.Request.Method == method && n.Add(1) == 1 {
			return errCut
		}
		return nil
	}, &n
}

func TestLostResponseOfCreate(t *testing.T) {
	for _, size := range []int{4, 9 << 20} {
		answer, sent := once(http.MethodPut)
		if size > 8<<20 {
			// The end of an upload in parts is a POST, as is its beginning.
			var n atomic.Int64
			sent = &n
			answer = func(r *http.Response) error {
				if r.Request.Method == http.MethodPost && r.Request.URL.Query().Has("uploadId") && n.Add(1) == 1 {
					return errCut
				}
				return nil
			}
		}
		s := between(t, answer)
		if err := s.Put(t.Context(), "k", bytes.NewReader(make([]byte, size)), -1, true); err != nil {
			t.Errorf("create of %d bytes whose first response is lost: %v", size, err)
		}
		if sent.Load() != 2 {
			t.Errorf("create of %d bytes was sent %d times, not twice", size, sent.Load())
		}
		err := s.Put(t.Context(), "k", bytes.NewReader(make([]byte, size)), -1, true)
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("create of the same %d bytes by another: %v, want fs.ErrExist", size, err)
		}
	}
}

// An upload whose beginning was answered to nobody does not stay.
func TestLostResponseOfBegin(t *testing.T) {
	var begun atomic.Int64
	bucket := s3test.NewBucket(t)
	s := betweenBucket(t, bucket, func(r *http.Response) error {
		if r.Request.Method == http.MethodPost && r.Request.URL.Query().Has("uploads") && begun.Add(1) == 1 {
			return errCut
		}
		return nil
	})
	if err := s.Put(t.Context(), "k", bytes.NewReader(make([]byte, 9<<20)), -1, true); err != nil {
		t.Fatal(err)
	}
	out, err := s3test.Client(t).ListMultipartUploads(t.Context(), &sdk.ListMultipartUploadsInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	if begun.Load() != 2 || len(out.Uploads) != 0 {
		t.Errorf("begun %d times, %d uploads are left", begun.Load(), len(out.Uploads))
	}
}

// cut ends a body early.
type cut struct {
	io.Reader
	io.Closer
}

func TestBodyIsReadOn(t *testing.T) {
	var cuts atomic.Int64
	s := between(t, func(r *http.Response) error {
		if r.Request.Method == http.MethodGet && cuts.Add(1) <= 2 {
			r.Body = cut{io.MultiReader(io.LimitReader(r.Body, 300<<10), failing{}), r.Body}
		}
		return nil
	})
	data := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	if err := s.Put(t.Context(), "k", bytes.NewReader(data), int64(len(data)), false); err != nil {
		t.Fatal(err)
	}
	body, err := s.Get(t.Context(), "k", 5, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); !bytes.Equal(got, data[5:]) || err != nil {
		t.Errorf("a body that is cut twice gives %d bytes of %d, %v", len(got), len(data)-5, err)
	}
	if cuts.Load() != 3 {
		t.Errorf("the body took %d requests, not 3", cuts.Load())
	}
}

// TestSpoiltBody: whoever reads as many bytes as there are learns that they are not those that were stored.
func TestSpoiltBody(t *testing.T) {
	s := between(t, func(r *http.Response) error {
		if r.Request.Method == http.MethodGet {
			_, err := io.CopyN(io.Discard, r.Body, 5)
			r.Body = cut{io.MultiReader(strings.NewReader("other"), r.Body), r.Body}
			return err
		}
		return nil
	})
	for _, size := range []int{5, 300 << 10} {
		data := make([]byte, size)
		if err := s.Put(t.Context(), "k", bytes.NewReader(data), int64(size), false); err != nil {
			t.Fatal(err)
		}
		body, err := s.Get(t.Context(), "k", 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.ReadFull(body, data); err == nil {
			t.Errorf("%d of %d bytes came that were spoilt on their way, and no error", n, size)
		}
		body.Close()
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errCut }

func TestErrorsSayWhatToDo(t *testing.T) {
	bucket := s3test.NewBucket(t)
	with := func(change func(*aws.Config)) objstore.Store {
		cfg := s3test.Config(t, s3test.Endpoint())
		change(&cfg)
		store, err := s3.New(cfg).Bucket(t.Context(), bucket)
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	answers := func(status int, code string, header ...string) objstore.Store {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(header) == 2 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(status)
			io.WriteString(w, "<Error><Code>"+code+"</Code><Message>some\ntext</Message></Error>")
		}))
		t.Cleanup(server.Close)
		return with(func(c *aws.Config) { c.BaseEndpoint = &server.URL })
	}
	nobody := "http://127.0.0.1:1"
	for _, c := range []struct {
		name  string
		store objstore.Store
		want  string
	}{
		{"missing bucket", s3test.Open(t, "nothing"), "no such bucket"},
		{"no region", with(func(c *aws.Config) { c.Region = "" }), "set AWS_REGION"},
		{"no credentials", with(func(c *aws.Config) {
			c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, fs.ErrNotExist
			})
		}), "no credentials"},
		{"unknown key", with(func(c *aws.Config) {
			c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "other", SecretAccessKey: "secret"}, nil
			})
		}), "unknown access key"},
		{"wrong secret", with(func(c *aws.Config) {
			c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "other"}, nil
			})
		}), "wrong secret key"},
		{"denied", answers(403, "AccessDenied"), "access denied"},
		{"another region", answers(301, "PermanentRedirect", "X-Amz-Bucket-Region", "eu-west-1"), "set AWS_REGION=eu-west-1"},
		{"signed for another region", answers(400, "AuthorizationHeaderMalformed", "X-Amz-Bucket-Region", "eu-west-1"), "set AWS_REGION=eu-west-1"},
		{"clock", answers(403, "RequestTimeTooSkewed"), "clock is off"},
		{"unknown answer", answers(400, "Strange"), "S3 answers Strange: some text"},
		{"unreachable", with(func(c *aws.Config) {
			c.BaseEndpoint = &nobody
			c.RetryMaxAttempts = 1
		}), "cannot reach S3 at 127.0.0.1:1"},
	} {
		_, get := c.store.Get(t.Context(), "k", 0, -1)
		_, stat := c.store.(objstore.Stater).Stat(t.Context(), "k")
		if c.name == "missing bucket" {
			stat = get // a HEAD answers as for a missing object
		}
		for op, err := range map[string]error{"get": get, "stat": stat} {
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || errors.Is(err, fs.ErrNotExist) && c.name != "no credentials" {
				t.Errorf("%s of %s: %v, want one line with %q", op, c.name, err, c.want)
			}
		}
	}
}

// TestRefusedHead has a server refuse a HEAD alone, and then give what a GET asks for.
func TestRefusedHead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	store, err := s3.New(s3test.Config(t, server.URL)).Bucket(t.Context(), "bucket")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := objstore.Stat(t.Context(), store, "k"); err == nil || !strings.Contains(err.Error(), "access denied") {
		t.Errorf("stat: %v, want that access is denied", err)
	}
}

// TestNothingIsLeft looks for uploads that were begun and neither completed nor aborted.
func TestNothingIsLeft(t *testing.T) {
	bucket := s3test.NewBucket(t)
	s := s3test.Open(t, bucket)
	many := func() io.Reader { return bytes.NewReader(make([]byte, 20<<20)) }
	if err := s.Put(t.Context(), "k", io.MultiReader(many(), failing{}), -1, false); !errors.Is(err, errCut) {
		t.Errorf("put of a body that breaks: %v, want %v", err, errCut)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := s.Put(ctx, "k", io.MultiReader(many(), ending(cancel), many()), -1, false); !errors.Is(err, context.Canceled) {
		t.Errorf("put whose context ends: %v, want context.Canceled", err)
	}
	left, err := s3test.Client(t).ListMultipartUploads(t.Context(), &sdk.ListMultipartUploadsInput{Bucket: &bucket})
	if err != nil || len(left.Uploads) > 0 {
		t.Errorf("uploads are left: %d, %v", len(left.Uploads), err)
	}
}

// TestUploadWithoutBucket ends an upload whose bucket has gone.
func TestUploadWithoutBucket(t *testing.T) {
	u := s3test.Open(t, "nothing").(objstore.Uploader)
	up := objstore.Upload{Key: "k", ID: "5b01ba9d-9257-4f79-af73-109ed6c0aed8"}
	if _, err := u.CopyPart(t.Context(), up, 1, "in", 0, 1); err == nil || !strings.Contains(err.Error(), "no such bucket") {
		t.Errorf("part: %v, want that there is no such bucket", err)
	}
	if err := u.Complete(t.Context(), up, "", []string{"x"}); err == nil || !strings.Contains(err.Error(), "no such bucket") {
		t.Errorf("complete: %v, want that there is no such bucket", err)
	}
	if err := u.Abort(t.Context(), up); err != nil {
		t.Errorf("abort: %v", err)
	}
}

// ending ends a context when it is read.
type ending func()

func (e ending) Read([]byte) (int, error) {
	e()
	return 0, io.EOF
}
