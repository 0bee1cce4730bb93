package emulator

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// later calls a function, and gives a channel with its result.
func (s *service) later(t *testing.T, name, payload string) <-chan result {
	t.Helper()
	c := make(chan result, 1)
	go func() {
		r, failed, err := s.call(t.Context(), name, payload)
		if err != nil || failed != "" {
			t.Errorf("invoke %s: %v %s", payload, err, failed)
		}
		c <- r
	}()
	return c
}

// settled waits until a function's environments are idle.
func (s *service) settled(t *testing.T, name string, count int) {
	t.Helper()
	for t.Context().Err() == nil {
		s.mu.Lock()
		n := len(s.functions[name].idle)
		s.mu.Unlock()
		if n == count {
			return
		}
		runtime.Gosched()
	}
}

// TestLIFO has two environments, of which the one used last is used next.
func TestLIFO(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", nil)
	m := meet(t)
	first, second := s.later(t, "f", m.event("meet")), s.later(t, "f", m.event("meet"))
	a, b := m.guest(t), m.guest(t)
	if a.word == b.word {
		t.Fatal("two invocations at a time in one environment")
	}
	for _, order := range [][]*guest{{a, b}, {b, a}} {
		for i, g := range order {
			g.Close()
			s.settled(t, "f", i+1)
		}
		if got, want := s.ok(t, "f", `{}`).Process, order[1].word; got != want {
			t.Errorf("used %s, want %s of %s and %s", got, want, a.word, b.word)
		}
		s.settled(t, "f", 2)
		if order[0] == a {
			<-first
			<-second
			first, second = s.later(t, "f", m.event("meet")), s.later(t, "f", m.event("meet"))
			g, h := m.guest(t), m.guest(t)
			if g.word != b.word {
				g, h = h, g
			}
			*b, *a = *g, *h
		}
	}
	<-first
	<-second
}

// TestSettling has an environment that answers and goes on: it is not used before it asks for more.
func TestSettling(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", nil)
	m := meet(t)
	out, err := s.client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(m.event("late"))})
	if err != nil {
		t.Fatal(err)
	}
	first := m.guest(t)
	if other := s.ok(t, "f", `{}`).Process; other == string(out.Payload) {
		t.Errorf("%s was used before it asked", other)
	}
	s.settled(t, "f", 1)
	first.Close()
	s.settled(t, "f", 2)
	if again := s.ok(t, "f", `{}`).Process; again != string(out.Payload) {
		t.Errorf("used %s, want %s", again, out.Payload)
	}
}

// TestCallerLeaves has a caller that disconnects: the function runs to its end, and its environment is used again.
func TestCallerLeaves(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", nil)
	m := meet(t)
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, _, err := s.call(ctx, "f", m.event("meet"))
		gone <- err
	}()
	g := m.guest(t)
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("left with %v", err)
	}
	g.Close()
	s.settled(t, "f", 1)
	if r := s.ok(t, "f", `{}`); r.Process != g.word {
		t.Errorf("used %s, want %s", r.Process, g.word)
	}
}

func TestThrottling(t *testing.T) {
	s := serve(t, func(c *Config) { c.Concurrency = 2 })
	s.create(t, "f", nil)
	s.create(t, "g", nil)
	m := meet(t)
	first, second := s.later(t, "f", m.event("meet")), s.later(t, "g", m.event("meet"))
	a, b := m.guest(t), m.guest(t)
	_, _, err := s.call(t.Context(), "g", `{}`)
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonConcurrentInvocationLimitExceeded || aws.ToString(throttled.RetryAfterSeconds) != throttledFor {
		t.Errorf("third of two: %v", err)
	}
	a.Close()
	b.Close()
	<-first
	<-second
	if _, err := s.client.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: aws.String("f"), ReservedConcurrentExecutions: aws.Int32(0)}); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.call(t.Context(), "f", `{}`)
	if !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("none reserved: %v", err)
	}
	if _, err := s.client.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: aws.String("f")}); err != nil {
		t.Fatal(err)
	}
	for range 20 { // one after the other is never throttled
		s.ok(t, "f", `{}`)
	}
}

func TestIsolation(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", func(in *lambda.CreateFunctionInput) { in.MemorySize = aws.Int32(2048) })
	if got, want := s.ok(t, "f", `{"Do":"files"}`).Text, "writes /tmp/x, writes /dev/null, bounded /tmp"; got != want {
		t.Errorf("a function %s; want %s", got, want)
	}
}

// TestUpdate has a function whose configuration changes: its old environment is not used again.
func TestUpdate(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", nil)
	old := s.ok(t, "f", `{}`)
	s.settled(t, "f", 1)
	if _, err := s.client.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("f"), Timeout: aws.Int32(30)}); err != nil {
		t.Fatal(err)
	}
	if fresh := s.ok(t, "f", `{}`); fresh.Process == old.Process || fresh.Remaining > 30_000 {
		t.Errorf("after the update: %+v", fresh)
	}
}

// TestSettleTime waits for another's environment as long as a start took, within bounds.
func TestSettleTime(t *testing.T) {
	for _, c := range []struct{ took, want time.Duration }{
		{0, settleLeast}, {settleLeast / 2, settleLeast}, {100 * time.Millisecond, 100 * time.Millisecond}, {time.Minute, settleMost},
	} {
		if got := (&function{startTook: c.took}).settleTime(); got != c.want {
			t.Errorf("%v: %v, want %v", c.took, got, c.want)
		}
	}
}
