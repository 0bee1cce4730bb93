package spread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sshell/lambda"
)

// place is a function that makes attempts beside each other: each takes as many seconds as its payload says, and is answered by it.
type place struct {
	invocations, attempts atomic.Int32
	now, most             atomic.Int32 // functions at a time
	sizes                 sync.Map
	die                   bool // with the last attempt
}

func (f *place) Invoke(_ context.Context, _ string, payload []byte, take func([]byte) error) error {
	f.invocations.Add(1)
	if n := f.now.Add(1); n > f.most.Load() {
		f.most.Store(n)
	}
	defer f.now.Add(-1)
	payloads := Beside(payload)
	f.sizes.Store(f.invocations.Load(), len(payloads))
	if payloads == nil {
		f.attempt(payload)
		return take(payload)
	}
	answer := Answer(func(to func(int) io.WriteCloser) error {
		var all sync.WaitGroup
		for n, p := range payloads {
			w := to(n)
			all.Go(func() {
				f.attempt(p)
				if f.die && n == len(payloads)-1 {
					return
				}
				w.Write(p)
				w.Close()
			})
		}
		all.Wait()
		return nil
	})
	for buf := make([]byte, 5); ; {
		n, err := answer.Read(buf)
		if terr := take(buf[:n]); terr != nil {
			return terr
		}
		switch {
		case err == io.EOF && f.die:
			return &lambda.FunctionError{Note: []byte(`{"errorType":"X"}`)}
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

func (f *place) attempt(payload []byte) {
	f.attempts.Add(1)
	d, _ := time.ParseDuration(strings.Trim(string(payload), `"`))
	time.Sleep(d)
}

func (t *Together) try(ctx context.Context, payload string) (string, error) {
	var got []byte
	err := t.For(ctx).Invoke(context.WithoutCancel(ctx), "f", []byte(payload), func(p []byte) error {
		got = append(got, p...)
		return nil
	})
	return string(got), err
}

// Calls go together, so many in one function, and each ends by itself.
func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(place)
		tog := NewTogether(f, 4, 2)
		began := time.Now()
		var all sync.WaitGroup
		for n := range 10 {
			payload := fmt.Sprintf(`"%ds"`, 1+n%4)
			all.Go(func() {
				got, err := tog.try(t.Context(), payload)
				if err != nil || got != payload {
					t.Errorf("%s, %v, want %s", got, err, payload)
				}
				d, _ := time.ParseDuration(strings.Trim(payload, `"`))
				if took := time.Since(began); took < d {
					t.Errorf("%s took %v", payload, took)
				}
			})
		}
		all.Wait()
		if n := f.invocations.Load(); n != 3 || f.attempts.Load() != 10 || f.most.Load() != 2 {
			t.Errorf("%d functions, %d at a time, for %d attempts", n, f.most.Load(), f.attempts.Load())
		}
	})
}

// One that has no company leaves after a moment; one that waits for a place and is wanted no more was not taken.
func TestTogetherAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(place)
		tog := NewTogether(f, 4, 1)
		began := time.Now()
		var all sync.WaitGroup
		all.Go(func() {
			if got, err := tog.try(t.Context(), `"1s"`); got != `"1s"` || err != nil {
				t.Error(got, err)
			}
		})
		time.Sleep(2 * company)
		ctx, stop := context.WithCancel(t.Context())
		all.Go(func() {
			if got, err := tog.try(ctx, `"5s"`); !errors.Is(err, lambda.ErrBusy) {
				t.Error(got, err)
			}
		})
		all.Go(func() {
			if got, err := tog.try(t.Context(), `"2s"`); got != `"2s"` || err != nil {
				t.Error(got, err)
			}
		})
		time.Sleep(2 * company)
		stop()
		all.Wait()
		if took := time.Since(began); took > 3*time.Second+3*company || f.attempts.Load() != 2 {
			t.Errorf("took %v for %d attempts", took, f.attempts.Load())
		}
	})
}

// Of a function that dies those have an answer that had it.
func TestTogetherDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tog := NewTogether(&place{die: true}, 3, 1)
		var answered, died atomic.Int32
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				_, err := tog.try(t.Context(), `"1s"`)
				switch {
				case err == nil:
					answered.Add(1)
				case errors.As(err, new(*lambda.FunctionError)):
					died.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if answered.Load() != 2 || died.Load() != 1 {
			t.Errorf("%d were answered, %d died", answered.Load(), died.Load())
		}
	})
}

// What is no request of a Together is none.
func TestBeside(t *testing.T) {
	for _, payload := range []string{``, `{}`, `{"sshell":1,"beside":["x"]}`, `{"sshell":5,"spread":["x"]}`, `{"sshell":5,"beside":["x"`} {
		if got := Beside([]byte(payload)); got != nil {
			t.Errorf("%s: %q", payload, got)
		}
	}
}
