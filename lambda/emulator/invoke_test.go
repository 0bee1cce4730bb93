package emulator

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func TestInvoke(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", nil)
	first := s.ok(t, "f", `{"Text":"a"}`)
	if first.Text != "a" || first.Request == "" || first.Remaining <= 0 || first.Remaining > 60_000 ||
		first.Arn != "arn:aws:lambda:us-east-1:000000000000:function:f" {
		t.Errorf("answer: %+v", first)
	}
	if again := s.ok(t, first.Arn, `{"Text":"b"}`); again.Text != "b" || again.Request == first.Request {
		t.Errorf("second answer: %+v", again)
	}
}

// TestFunctionErrors has the ways in which a function fails.
func TestFunctionErrors(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", nil)
	s.create(t, "init", func(in *lambda.CreateFunctionInput) {
		in.Environment = &types.Environment{Variables: map[string]string{"FAIL": "init"}}
	})
	empty, err := archive(map[string][]byte{"readme": nil})
	if err != nil {
		t.Fatal(err)
	}
	s.create(t, "empty", func(in *lambda.CreateFunctionInput) { in.Code.ZipFile = empty })
	for _, c := range []struct{ function, payload, kind, message string }{
		{"f", `{"Do":"exit","Status":3}`, "Runtime.ExitError", "Error: Runtime exited with error: exit status 3"},
		{"f", `{"Do":"exit"}`, "Runtime.ExitError", "Error: Runtime exited without providing a reason"},
		{"f", `{"Do":"kill"}`, "Runtime.ExitError", "Error: Runtime exited with error: signal: killed"},
		{"f", `{"Do":"error","Text":"no"}`, "errorString", "no"},
		{"f", `{"Do":"memory","Size":700}`, "Runtime.OutOfMemory", "Error: Runtime exited with error: signal: killed"},
		{"f", fmt.Sprintf(`{"Do":"size","Size":%d}`, maxPayload+1), "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
		{"init", `{}`, "Runtime.ExitError", "Error: Runtime exited with error: exit status 7"},
		{"empty", `{}`, "Runtime.InvalidEntrypoint", "Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"},
	} {
		r, failed, err := s.call(t.Context(), c.function, c.payload)
		if err != nil || failed != "Unhandled" || r.ErrorType != c.kind || !strings.HasSuffix(r.ErrorMessage, c.message) {
			t.Errorf("%s %s: %v %q %+v", c.function, c.payload, err, failed, r)
		}
	}
	s.ok(t, "f", `{}`)
}

// TestTimeout has a function that hangs, with a child in a session of its own: both are gone when the caller knows.
func TestTimeout(t *testing.T) {
	for _, host := range []bool{false, true} {
		t.Run(fmt.Sprintf("host=%v", host), func(t *testing.T) {
			s := serve(t, func(c *Config) { c.HostRoot = host })
			s.create(t, "f", func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(1) })
			m := meet(t)
			done := make(chan struct{})
			go func() {
				defer close(done)
				r, failed, err := s.call(t.Context(), "f", m.event("hang"))
				if err != nil || failed != "Unhandled" || r.ErrorType != "Sandbox.Timedout" || !strings.HasSuffix(r.ErrorMessage, "Task timed out after 1.00 seconds") {
					t.Errorf("%v %q %+v", err, failed, r)
				}
			}()
			a, b := m.guest(t), m.guest(t)
			if a.word == b.word {
				t.Errorf("met %s twice", a.word)
			}
			a.died()
			b.died()
			<-done
		})
	}
}

func TestLogTail(t *testing.T) {
	var logs strings.Builder
	s := serve(t, func(c *Config) { c.Logs = &logs })
	s.create(t, "f", nil)
	for _, text := range []string{"hello", strings.Repeat("x", 5000)} {
		out, err := s.client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f"), LogType: types.LogTypeTail,
			Payload: fmt.Appendf(nil, `{"Do":"log","Text":%q}`, text)})
		if err != nil {
			t.Fatal(err)
		}
		tail, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
		if err != nil || len(tail) > 4096 {
			t.Errorf("tail of %d bytes: %v", len(tail), err)
		}
		words := []string{"END RequestId: ", "REPORT RequestId: ", "Memory Size: 512 MB"}
		if text == "hello" {
			words = append(words, "START RequestId: ", "hello\n", "Init Duration: ")
		}
		for _, word := range words {
			if !strings.Contains(string(tail), word) {
				t.Errorf("tail has no %q: %q", word, tail)
			}
		}
	}
}

func TestDryRun(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", nil)
	out, err := s.client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeDryRun})
	if err != nil || out.StatusCode != 204 {
		t.Errorf("dry run: %v %+v", err, out)
	}
}

func TestPayloadLimits(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", nil)
	for _, c := range []struct {
		kind types.InvocationType
		size int
		fits bool
	}{
		{types.InvocationTypeRequestResponse, maxPayload, true},
		{types.InvocationTypeRequestResponse, maxPayload + 1, false},
		{types.InvocationTypeEvent, maxEventPayload, true},
		{types.InvocationTypeEvent, maxEventPayload + 1, false},
	} {
		payload := []byte(`{"Do":"log"` + strings.Repeat(" ", c.size-len(`{"Do":"log"}`)) + `}`)
		_, err := s.client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f"), InvocationType: c.kind, Payload: payload})
		var large *types.RequestTooLargeException
		if fits := err == nil; fits != c.fits || !fits && !errors.As(err, &large) {
			t.Errorf("%s of %d bytes: %v", c.kind, c.size, err)
		}
	}
}

func TestEventRetries(t *testing.T) {
	s := serve(t, func(c *Config) { c.RetryDelay = 1 })
	s.create(t, "f", func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(1) })
	m := meet(t)
	out, err := s.client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeEvent,
		Payload: []byte(m.event("meet"))})
	if err != nil || out.StatusCode != 202 {
		t.Fatalf("event: %v %+v", err, out)
	}
	for range eventTries { // it times out each time
		m.guest(t).died()
	}
}
