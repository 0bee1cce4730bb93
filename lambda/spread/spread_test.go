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

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sshell/lambda"
)

// function answers payloads: "n" after n seconds, throttles "busy", fails for "error".
type function struct {
	Direct
	direct, streams atomic.Int32
}

func (f *function) Invoke(ctx context.Context, in *sdk.InvokeInput, _ ...func(*sdk.Options)) (*sdk.InvokeOutput, error) {
	f.direct.Add(1)
	time.Sleep(time.Second)
	switch text := strings.Trim(string(in.Payload), `"`); text {
	case "busy":
		return nil, &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 429}},
			Err:      &smithy.GenericAPIError{Code: "TooManyRequestsException", Message: "Rate Exceeded."}}}
	case "error":
		return &sdk.InvokeOutput{Payload: []byte(`{"errorType":"X"}`), FunctionError: aws.String("Unhandled")}, nil
	case "cut":
		return nil, errors.New("connection reset")
	}
	return &sdk.InvokeOutput{StatusCode: 200, Payload: in.Payload}, nil
}

// invoker is an Invoker whose function in between is Serve, cut off after so many bytes if that is not 0.
func invoker(f *function, cut int64) *Invoker {
	i := New(f)
	i.stream = func(ctx context.Context, name string, payload []byte, take func([]byte) error) error {
		f.streams.Add(1)
		if !Asked(payload) {
			return errors.New("not asked")
		}
		answer := Serve(ctx, f, name, payload)
		defer answer.(io.Closer).Close()
		r := answer
		if cut > 0 {
			r = io.LimitReader(r, cut)
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
	return i
}

func call1(i *Invoker, payload string) (*sdk.InvokeOutput, error) {
	return i.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(payload)})
}

// A burst is spread, and every call has the end of its own invocation.
func TestSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(function)
		i := invoker(f, 0)
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
				case err != nil:
					t.Errorf("%d: %v", n, err)
				case payload == `"error"`:
					if aws.ToString(out.FunctionError) != "Unhandled" || string(out.Payload) != `{"errorType":"X"}` {
						t.Errorf("%d: %+v", n, out)
					}
				case string(out.Payload) != payload:
					t.Errorf("%d: got %s", n, out.Payload)
				}
			})
		}
		all.Wait()
		if d, s := f.direct.Load(), f.streams.Load(); d != 400 || s < (400-from)/most || s > (400-from)/most+1 {
			t.Errorf("%d invocations by %d in between", d, s)
		}
	})
}

// Few calls, or late ones, go by themselves.
func TestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(function)
		i := invoker(f, 0)
		var all sync.WaitGroup
		for range from {
			all.Go(func() { call1(i, "1") })
		}
		synctest.Wait()
		for range least - 1 {
			all.Go(func() {
				if out, err := call1(i, "2"); err != nil || string(out.Payload) != "2" {
					t.Errorf("%v, %v", out, err)
				}
			})
		}
		all.Wait()
		if f.streams.Load() != 0 {
			t.Errorf("%d in between", f.streams.Load())
		}
	})
}

// Where the function in between is lost, or is an older one, each call hears of it.
func TestLostBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(function)
		i := invoker(f, 40)
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
		if n := failed.Load(); n == 0 || n == most {
			t.Errorf("%d calls failed", n)
		}
		i = New(f)
		i.count = from
		i.stream = func(_ context.Context, _ string, _ []byte, take func([]byte) error) error {
			return take([]byte(`{"sshell":1,"error":"old"}`))
		}
		for range least {
			all.Go(func() {
				out, err := call1(i, "1")
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := lambda.DecodeResponse(out.Payload); !errors.As(err, new(*lambda.VersionError)) {
					t.Errorf("%s, %v", out.Payload, err)
				}
			})
		}
		all.Wait()
	})
}
