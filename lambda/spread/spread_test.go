package spread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sshell/lambda"
)

// function answers a payload with itself after a second, throttles "busy", fails for "error". It serves requests for more.
type function struct {
	direct, between atomic.Int32
	cut             int64 // bytes after which the answer of one in between ends, 0 for never
}

func (f *function) Invoke(ctx context.Context, name string, payload []byte, take func([]byte) error) error {
	if Asked(payload) {
		f.between.Add(1)
		answer := Serve(ctx, f, name, payload)
		defer answer.(io.Closer).Close()
		r := answer
		if f.cut > 0 {
			r = io.LimitReader(r, f.cut)
		}
		for buf := make([]byte, 7); ; {
			n, err := r.Read(buf)
			if terr := take(buf[:n]); terr != nil {
				return terr
			}
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
	f.direct.Add(1)
	time.Sleep(time.Second)
	switch string(payload) {
	case `"busy"`:
		return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 429}},
			Err:      &smithy.GenericAPIError{Code: "TooManyRequestsException", Message: "Rate Exceeded."}}}
	case `"error"`:
		return &lambda.FunctionError{Note: []byte(`{"errorType":"X"}`)}
	case `"cut"`:
		return errors.New("connection reset")
	}
	return errors.Join(take([]byte("<")), take(payload))
}

func call1(i *Invoker, payload string) (string, error) {
	var got []byte
	err := i.Invoke(context.Background(), "f", []byte(payload), func(p []byte) error {
		got = append(got, p...)
		return nil
	})
	return string(got), err
}

// A burst is spread, and every call has the end of its own invocation.
func TestSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(function)
		i := New(f)
		var all sync.WaitGroup
		for n := range 400 {
			all.Go(func() {
				payload := fmt.Sprintf("%d", n)
				switch {
				case n%50 == 7:
					payload = `"busy"`
				case n%50 == 8:
					payload = `"error"`
				case n%50 == 9:
					payload = `"cut"`
				}
				out, err := call1(i, payload)
				var api smithy.APIError
				switch {
				case payload == `"busy"`:
					if !errors.As(err, &api) || api.ErrorCode() != "TooManyRequestsException" {
						t.Errorf("%d: %v", n, err)
					}
				case payload == `"cut"`:
					if err == nil || !strings.Contains(err.Error(), "reset") || errors.As(err, &api) {
						t.Errorf("%d: %v", n, err)
					}
				case payload == `"error"`:
					if died := new(*lambda.FunctionError); !errors.As(err, died) || string((*died).Note) != `{"errorType":"X"}` {
						t.Errorf("%d: %v", n, err)
					}
				case err != nil || out != "<"+payload:
					t.Errorf("%d: got %s, %v", n, out, err)
				}
			})
		}
		all.Wait()
		if d, s := f.direct.Load(), f.between.Load(); d != 400 || s < (400-from)/most || s > (400-from)/most+1 {
			t.Errorf("%d invocations by %d in between", d, s)
		}
	})
}

// Few calls, or late ones, go by themselves.
func TestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(function)
		i := New(f)
		var all sync.WaitGroup
		for range from {
			all.Go(func() { call1(i, "1") })
		}
		synctest.Wait()
		for range least - 1 {
			all.Go(func() {
				if out, err := call1(i, "2"); err != nil || out != "<2" {
					t.Errorf("%v, %v", out, err)
				}
			})
		}
		all.Wait()
		if f.between.Load() != 0 {
			t.Errorf("%d in between", f.between.Load())
		}
	})
}

// Where the function in between is lost, or is an older one, each call hears of it.
func TestLostBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := New(&function{cut: 100})
		i.count = from
		var failed atomic.Int32
		var all sync.WaitGroup
		for range most {
			all.Go(func() {
				if _, err := call1(i, "1"); err != nil {
					failed.Add(1)
				}
			})
		}
		all.Wait()
		if failed.Load() == 0 {
			t.Error("no call failed")
		}
		i = New(old{})
		i.count = from
		for range least {
			all.Go(func() {
				out, err := call1(i, "1")
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := lambda.DecodeResponse([]byte(out)); !errors.As(err, new(*lambda.VersionError)) {
					t.Errorf("%s, %v", out, err)
				}
			})
		}
		all.Wait()
	})
}

// old is a function of another version.
type old struct{}

func (old) Invoke(_ context.Context, _ string, _ []byte, take func([]byte) error) error {
	return take([]byte(`{"sshell":1,"error":"old"}`))
}
