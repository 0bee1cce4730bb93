package emulator

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestParseFaults(t *testing.T) {
	kinds, err := ParseFaults("lost, kill,slowdown")
	if want := []Fault{Lost, Kill, SlowDown}; err != nil || !slices.Equal(kinds, want) {
		t.Errorf("got %v, %v", kinds, err)
	}
	for _, list := range []string{"", "fire", "lost,,kill"} {
		if kinds, err := ParseFaults(list); err == nil {
			t.Errorf("%q: got %v", list, kinds)
		}
	}
}

// TestDice rolls twice by one seed, and once by another.
func TestDice(t *testing.T) {
	const calls = 5000
	roll := func(seed uint64) (faults []Fault) {
		d := newDice(Faults{Seed: seed, Rate: 0.1})
		for i := range calls {
			// What is rolled for one operation does not change another's.
			if i%7 == int(seed) {
				d.roll("other", AllFaults)
			}
			kind, random := d.roll("Invoke", AllFaults)
			if delay := d.delay(random); delay <= 0 || delay > defaultFaultDelay {
				t.Fatalf("delay of %v", delay)
			}
			faults = append(faults, kind)
		}
		return faults
	}
	first := roll(1)
	if !slices.Equal(first, roll(1)) {
		t.Error("one seed had different faults")
	}
	if slices.Equal(first, roll(2)) {
		t.Error("two seeds had the same faults")
	}
	count := map[Fault]int{}
	for _, kind := range first {
		count[kind]++
	}
	for _, kind := range AllFaults {
		if n := count[kind]; n < 20 || n > 100 { // 55 are expected
			t.Errorf("%d times %s", n, kind)
		}
	}
}

// faultyService has one kind of fault in each invocation.
func faultyService(t *testing.T, kind Fault, logs io.Writer) *service {
	t.Helper()
	s := serve(t, func(c *Config) {
		c.Faults = &Faults{Rate: 1, Kinds: []Fault{kind}, Delay: 10 * time.Millisecond}
		c.Logs = logs
	})
	s.create(t, "f", nil)
	return s
}

// TestCallFaults looks at what the SDK makes of each fault of a call, and at whether the function was run.
func TestCallFaults(t *testing.T) {
	status := func(err error) int {
		var response *smithyhttp.ResponseError
		if errors.As(err, &response) {
			return response.HTTPStatusCode()
		}
		return 0
	}
	for _, c := range []struct {
		kind Fault
		runs bool
		is   func(error) bool
	}{
		{Throttle, false, func(err error) bool {
			var e *types.TooManyRequestsException
			return errors.As(err, &e) && status(err) == 429 && e.Reason == types.ThrottleReasonCallerRateLimitExceeded
		}},
		{Internal, false, func(err error) bool {
			var e *types.ServiceException
			return errors.As(err, &e) && status(err) == 500 && e.ErrorFault() == smithy.FaultServer
		}},
		{Reset, false, lostConnection},
		{Lost, true, lostConnection},
		{Cut, true, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) || lostConnection(err) }},
		{Slow, true, func(err error) bool { return err == nil }},
		{SlowDown, true, func(err error) bool { return err == nil }}, // which is S3's alone
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			var logs strings.Builder
			s := faultyService(t, c.kind, &logs)
			_, _, err := s.call(t.Context(), "f", `{"Do":"log","Text":"hello"}`)
			if !c.is(err) {
				t.Errorf("the SDK has %v", err)
			}
			s.mu.Lock()
			s.logs.Lock()
			said := logs.String()
			s.logs.Unlock()
			s.mu.Unlock()
			if ran := strings.Contains(said, "hello"); ran != c.runs {
				t.Errorf("run: %v, want %v", ran, c.runs)
			}
		})
	}
}

// lostConnection reports whether a connection was reset. Where the client still sends, its reading side may see that first and
// close the connection under its writing side.
func lostConnection(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

// TestCutStream reads a response as it comes, whose connection is lost on the way.
func TestCutStream(t *testing.T) {
	s := faultyService(t, Cut, nil)
	out, err := s.client.InvokeWithResponseStream(t.Context(), &lambda.InvokeWithResponseStreamInput{FunctionName: aws.String("f"),
		Payload: []byte(`{"Do":"size","Size":3000000}`)})
	if err != nil {
		return // it was cut before its first event
	}
	for event := range out.GetStream().Events() {
		if _, ok := event.(*types.InvokeWithResponseStreamResponseEventMemberInvokeComplete); ok {
			t.Error("the response is complete")
		}
	}
	if err := out.GetStream().Close(); err == nil {
		err = out.GetStream().Err()
		t.Errorf("no error but %v", err)
	}
}

func TestDuplicate(t *testing.T) {
	var logs strings.Builder
	s := faultyService(t, Duplicate, &logs)
	m := meet(t)
	for range 4 { // of which some are run at a time, others one after the other
		answer := s.later(t, "f", m.event("meet"))
		m.guest(t).Close()
		m.guest(t).Close()
		r := <-answer
		s.mu.Lock()
		all := len(s.functions["f"].all)
		s.mu.Unlock()
		s.settled(t, "f", all)
		s.logs.Lock()
		if n := strings.Count(logs.String(), "START RequestId: "+r.Request); n != 2 {
			t.Errorf("run %d times", n)
		}
		s.logs.Unlock()
	}
}

func TestKill(t *testing.T) {
	s := faultyService(t, Kill, nil)
	m := meet(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r, failed, err := s.call(t.Context(), "f", m.event("hang"))
		if err != nil || failed != "Unhandled" || r.ErrorType != "Runtime.ExitError" || !strings.HasSuffix(r.ErrorMessage, "Error: Runtime exited with error: signal: killed") {
			t.Errorf("%v %q %+v", err, failed, r)
		}
	}()
	<-done // it, and its child if it got so far, are gone: the service is closed and leaves nothing
}

// TestControlFaults has faults in the control plane, where only Control asks for them.
func TestControlFaults(t *testing.T) {
	s := serve(t, func(c *Config) { c.Faults = &Faults{Rate: 1, Kinds: []Fault{Throttle}, Control: true} })
	_, err := s.client.GetAccountSettings(t.Context(), &lambda.GetAccountSettingsInput{})
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) {
		t.Errorf("lambda: %v", err)
	}
	roles := iam.New(iam.Options{BaseEndpoint: aws.String(s.URL()), Region: "us-east-1", RetryMaxAttempts: 1, Credentials: s.client.Options().Credentials})
	_, err = roles.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("r")})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "Throttling" {
		t.Errorf("iam: %v", err)
	}
}

// TestSlow is late with the call or with the answer, and never with nothing.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun time.Time
		f := &faulty{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				begun = time.Now()
				io.WriteString(w, "answer")
			}),
			dice:      newDice(Faults{Rate: 1, Kinds: []Fault{Slow}}),
			operation: func(*http.Request) (string, bool, []Fault) { return "call", false, []Fault{Slow} },
		}
		lateCalls, lateAnswers := 0, 0
		for range 20 {
			start := time.Now()
			w := httptest.NewRecorder()
			f.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			if w.Body.String() != "answer" || time.Since(start) <= 0 || time.Since(start) > defaultFaultDelay {
				t.Errorf("%q after %v", w.Body, time.Since(start))
			}
			if begun.After(start) {
				lateCalls++
			} else {
				lateAnswers++
			}
		}
		if lateCalls == 0 || lateAnswers == 0 {
			t.Errorf("%d late calls, %d late answers", lateCalls, lateAnswers)
		}
	})
}
