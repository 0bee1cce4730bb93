package sched

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sshell/remote"
	"sshell/remote/ledger"
)

// A script says how each attempt at each task ends: words separated by spaces, one per task in input order, attempts
// separated by '/', the last one repeated. N is a status, lost, hang (until cancelled or timed out), late (a status 0 after
// a minute), signal, absent (127), broken (any other error).
type fake struct {
	t      *testing.T
	script []string
	delay  func(seq int64) time.Duration

	mu      sync.Mutex
	running int
	peak    int
	asked   int
	jobs    []*fakeJob
	log     []string
}

type fakeJob struct {
	f       *fake
	seq     int64
	slot    int
	starts  int
	last    int // how many Ends were the last
	halved  bool
	account []ledger.Attempt
}

func newFake(t *testing.T, script string) *fake {
	return &fake{t: t, script: strings.Fields(script), delay: func(int64) time.Duration { return time.Second }}
}

func (f *fake) next(_ context.Context, slot int) (Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked == len(f.script) {
		return nil, io.EOF
	}
	f.asked++
	j := &fakeJob{f: f, seq: int64(f.asked), slot: slot}
	f.jobs = append(f.jobs, j)
	return j, nil
}

func (j *fakeJob) Seq() int64 { return j.seq }

func (j *fakeJob) Start(n int) (*remote.Task, remote.Streams, error) {
	j.f.mu.Lock()
	defer j.f.mu.Unlock()
	j.starts++
	task := &remote.Task{ID: int(j.seq - 1), Attempt: n}
	if j.halved {
		task.Env = []string{"half"}
	}
	return task, remote.Streams{}, nil
}

func (j *fakeJob) End(o Outcome, a *ledger.Attempt) error {
	j.f.mu.Lock()
	defer j.f.mu.Unlock()
	if a != nil {
		j.account = append(j.account, *a)
	}
	word := strconv.Itoa(o.Status)
	switch {
	case o.Verdict == Skipped || o.Verdict == Cancelled:
		word = map[Verdict]string{Skipped: "skipped", Cancelled: "cancelled"}[o.Verdict]
	case errors.Is(o.Err, remote.ErrLost):
		word = "lost"
	case o.Verdict == Halved:
		word = "halved"
	}
	j.f.log = append(j.f.log, fmt.Sprintf("%d:%s", j.seq, word))
	if o.Verdict != Again {
		j.last++
	}
	return nil
}

func (j *fakeJob) Halve() ([]Job, bool) {
	if j.halved {
		return nil, false
	}
	a, b := &fakeJob{f: j.f, seq: j.seq, halved: true}, &fakeJob{f: j.f, seq: j.seq, halved: true}
	j.f.mu.Lock()
	defer j.f.mu.Unlock()
	j.f.jobs = append(j.f.jobs, a, b)
	return []Job{a, b}, true
}

func (f *fake) Run(ctx context.Context, t *remote.Task, _ remote.Streams) (*remote.Result, error) {
	f.mu.Lock()
	f.running++
	f.peak = max(f.peak, f.running)
	attempts := strings.Split(f.script[t.ID], "/")
	word := attempts[min(t.Attempt, len(attempts)-1)]
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.running--
		f.mu.Unlock()
	}()
	took := f.delay(int64(t.ID + 1))
	switch {
	case len(t.Env) > 0:
		word = "0"
	case word == "hang":
		took = 1000 * time.Hour
	case word == "late":
		took = time.Minute
	}
	var timeout <-chan time.Time
	if t.Limits.Timeout > 0 {
		timeout = time.After(t.Limits.Timeout)
	}
	select {
	case <-time.After(took):
	case <-timeout:
		return &remote.Result{TimedOut: true, Statuses: []int{143}, Signal: 15}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch word {
	case "lost":
		return nil, fmt.Errorf("connection reset: %w", remote.ErrLost)
	case "absent":
		return nil, &remote.NotStartedError{Status: 127, Err: errors.New("nosuch: command not found")}
	case "broken":
		return nil, errors.New("broken")
	case "signal":
		return &remote.Result{Statuses: []int{137}, Signal: 9}, nil
	case "late":
		word = "0"
	}
	status, err := strconv.Atoi(word)
	if err != nil {
		f.t.Errorf("script has %q", word)
	}
	return &remote.Result{Statuses: []int{status}}, nil
}

// check is what holds for every run: no job without exactly one last End, nothing running, no more at a time than slots.
func (f *fake) check(slots int) {
	f.t.Helper()
	if f.running != 0 {
		f.t.Errorf("%d attempts still run", f.running)
	}
	if f.peak > slots {
		f.t.Errorf("%d attempts ran at a time in %d slots", f.peak, slots)
	}
	for _, j := range f.jobs {
		if j.last != 1 {
			f.t.Errorf("task %d was ended %d times", j.seq, j.last)
		}
	}
}

var runs = []struct {
	name   string
	script string
	slots  int
	config Config
	halt   string
	want   string // the log, sorted by task when there are more slots than one
	status int
	err    string
}{
	{"none", "", 2, Config{}, "", "", 0, ""},
	{"all succeed", "0 0 0", 1, Config{}, "", "1:0 2:0 3:0", 0, ""},
	{"the number of failed tasks", "0 3 0 7 signal", 2, Config{}, "", "1:0 2:3 3:0 4:7 5:137", 3, ""},
	{"a failure is final", "3/0", 1, Config{}, "", "1:3", 1, ""},
	{"tries", "3/3/0 5/0", 1, Config{Tries: 2}, "", "1:3 1:3 2:5 2:0", 1, ""},
	{"tries without end", "1/1/1/1/1/0", 1, Config{Tries: -1}, "", "1:1 1:1 1:1 1:1 1:1 1:0", 0, ""},
	{"a loss costs no try", "lost/3/lost/0", 1, Config{Tries: 2}, "", "1:lost 1:3 1:lost 1:0", 0, ""},
	{"lost once", "lost/0 0", 1, Config{}, "", "1:lost 1:0 2:0", 0, ""},
	{"lost too often", "lost 0", 1, Config{}, "", "1:lost 1:lost 1:cancelled", 0, "gave up after 3 attempts: connection reset: attempt lost"},
	{"lost, but once only", "lost/0", 1, Config{Once: true}, "", "1:cancelled", 0, "must not run twice: connection reset: attempt lost"},
	{"once also means no tries", "1/0", 1, Config{Once: true, Tries: 5}, "", "1:1", 1, ""},
	{"the machinery", "0 broken 0", 1, Config{}, "", "1:0 2:cancelled", 0, "broken"},
	{"the machinery ends what runs", "hang broken 0", 2, Config{}, "", "1:cancelled 2:cancelled", 0, "broken"},
	{"nothing can start", "absent absent absent", 2, Config{Same: true}, "", "1:cancelled 2:cancelled", 127, ""},
	{"some cannot start", "0 absent 0", 1, Config{}, "", "1:0 2:127 3:0", 1, ""},
	{"a program that went away", "0 absent absent", 1, Config{Same: true}, "", "1:0 2:127 3:127", 2, ""},
	{"time", "hang 0", 1, Config{Timeout: Timeout{Fixed: time.Minute}}, "", "1:124 2:0", 1, ""},
	{"time of each try", "hang/0", 1, Config{Timeout: Timeout{Fixed: time.Minute}, Tries: 2}, "", "1:124 1:0", 0, ""},
	{"halves", "hang 0", 1, Config{Timeout: Timeout{Fixed: time.Minute}, Halve: true}, "", "1:halved 1:0 1:0 2:0", 0, ""},
	{"halves after the last", "0 hang", 2, Config{Timeout: Timeout{Fixed: time.Minute}, Halve: true}, "", "1:0 2:0 2:0 2:halved", 0, ""},
	{"part of the median", "0 0 0 late hang", 1, Config{Timeout: Timeout{Percent: 300}}, "", "1:0 2:0 3:0 4:124 5:124", 2, ""},
	{"the median bounds what runs already", "hang 0 0 0", 2, Config{Timeout: Timeout{Percent: 300}}, "", "1:124 2:0 3:0 4:0", 1, ""},
	{"no median yet", "late late 0", 1, Config{Timeout: Timeout{Percent: 1}}, "", "1:0 2:0 3:0", 0, ""},
	{"skipped", "0 0 0 0", 1, Config{Skip: func(seq int64) bool { return seq%2 == 1 }}, "", "1:skipped 2:0 3:skipped 4:0", 0, ""},

	{"never", "1 1", 1, Config{}, "never", "1:1 2:1", 2, ""},
	{"soon", "0 5 0", 1, Config{}, "soon,fail=1", "1:0 2:5", 5, ""},
	{"soon lets others end", "late 5 0", 2, Config{}, "soon,fail=1", "1:0 2:5", 5, ""},
	{"now does not", "late 5 0", 2, Config{}, "now,fail=1", "1:cancelled 2:5", 5, ""},
	{"two failures", "0 5 0 7 0 3", 1, Config{}, "soon,fail=2", "1:0 2:5 3:0 4:7", 2, ""},
	{"fewer than that", "3 0 0 0", 1, Config{}, "soon,fail=2", "1:3 2:0 3:0 4:0", 1, ""},
	{"a signal's status", "signal 0", 1, Config{}, "now,fail=1", "1:137", 137, ""},
	{"success", "3 5 0 7", 1, Config{}, "now,success=1", "1:3 2:5 3:0", 0, ""},
	{"too few successes", "3 0 0 1", 1, Config{}, "soon,success=3", "1:3 2:0 3:0 4:1", 2, ""},
	{"done", "3 5 0", 1, Config{}, "now,done=2", "1:3 2:5", 2, ""},
	{"part of all", "3 5 0 7 0 3", 1, Config{Total: 6}, "now,fail=30%", "1:3 2:5", 34, ""},
	{"part of all succeed", "3 0 0 1", 1, Config{Total: 4}, "now,success=50%", "1:3 2:0 3:0", 0, ""},
	{"part of all do not succeed", "3 4 0 1", 1, Config{Total: 4}, "now,success=50%", "1:3 2:4 3:0 4:1", 75, ""},
	{"part of all done", "3 0 0 1", 1, Config{Total: 4}, "soon,done=50%", "1:3 2:0", 25, ""},
	{"parallel's numbers", "0 5 0", 1, Config{}, "2", "1:0 2:5", 5, ""},
}

func TestRun(t *testing.T) {
	for _, c := range runs {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, c.script)
				config := c.config
				config.Runner, config.Ledger, config.Slots = f, ledger.New("", nil), c.slots
				if c.halt != "" {
					var err error
					if config.Halt, err = ParseHalt(c.halt); err != nil {
						t.Fatal(err)
					}
				}
				sum, err := Run(t.Context(), config, f.next)
				f.check(c.slots)
				if c.slots > 1 {
					slices.Sort(f.log)
				}
				if got := strings.Join(f.log, " "); got != c.want {
					t.Errorf("log %q, want %q", got, c.want)
				}
				if (err == nil) != (c.err == "") || err != nil && !strings.HasSuffix(err.Error(), c.err) {
					t.Errorf("error %v, want %q", err, c.err)
				}
				if err == nil && sum.Status != c.status {
					t.Errorf("status %d, want %d", sum.Status, c.status)
				}
			})
		})
	}
}

func TestMoreThanAHundredFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, strings.Repeat("1 ", 150))
		sum, err := Run(t.Context(), Config{Runner: f, Ledger: ledger.New("", nil), Slots: 8}, f.next)
		if err != nil || sum.Status != 101 || sum.Failed != 150 {
			t.Errorf("%+v, %v", sum, err)
		}
	})
}

// A run whose context ends cancels what runs and asks for nothing more, even while it waits for input.
func TestContextEnds(t *testing.T) {
	for _, waiting := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, "0 hang hang 0 0")
			why := errors.New("interrupted")
			ctx, cancel := context.WithCancelCause(t.Context())
			next := f.next
			if waiting {
				next = func(ctx context.Context, slot int) (Job, error) {
					if f.asked < 3 {
						return f.next(ctx, slot)
					}
					<-ctx.Done()
					return nil, ctx.Err()
				}
			}
			time.AfterFunc(10*time.Second, func() { cancel(why) })
			start := time.Now()
			_, err := Run(ctx, Config{Runner: f, Ledger: ledger.New("", nil), Slots: 3}, next)
			if took := time.Since(start); took != 10*time.Second {
				t.Errorf("ended after %v", took)
			}
			if !errors.Is(err, why) {
				t.Errorf("error %v, want %v", err, why)
			}
			f.check(3)
		})
	}
}

// Halt does not wait for input that is slow to come.
func TestHaltWhileWaitingForInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, "7 0")
		next := func(ctx context.Context, slot int) (Job, error) {
			if f.asked == 0 {
				return f.next(ctx, slot)
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}
		c := Config{Runner: f, Ledger: ledger.New("", nil), Slots: 2, Halt: Halt{When: Soon, N: 1}}
		sum, err := Run(t.Context(), c, next)
		if err != nil || sum.Status != 7 {
			t.Errorf("%+v, %v", sum, err)
		}
	})
}

// Whatever is lost, fails or is slow, every task ends once, and those that can succeed do.
func TestStorm(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			var script []string
			var failed int64
			for range 200 {
				words := []string{"0", "0/0", "lost/0", "3/0", "lost/lost/0", "3/lost/0", "hang/0", "signal/0", "5"}
				word := words[rnd.IntN(len(words))]
				if word == "5" {
					failed++
				}
				script = append(script, word)
			}
			f := newFake(t, strings.Join(script, " "))
			delays := make([]time.Duration, len(script)+1)
			for i := range delays {
				delays[i] = time.Duration(rnd.Int64N(int64(30 * time.Second)))
			}
			f.delay = func(seq int64) time.Duration { return delays[seq] }
			slots := 1 + rnd.IntN(20)
			l := ledger.New("", nil)
			c := Config{Runner: f, Ledger: l, Slots: slots, Tries: 2, Timeout: Timeout{Fixed: time.Minute}}
			sum, err := Run(t.Context(), c, f.next)
			f.check(slots)
			if err != nil || sum.Failed != failed || sum.Done != 200 {
				t.Errorf("seed %d: %+v, %v; want %d failures", seed, sum, err, failed)
			}
			if got := l.Totals(); got.Running != 0 || got.Done != 200 || got.Failed != failed {
				t.Errorf("seed %d: ledger has %+v", seed, got)
			}
		})
	}
}

func TestSlotsAreTheLowestFree(t *testing.T) {
	s := newSlots(70)
	for want := 1; want <= 70; want++ {
		if got := s.take(); got != want {
			t.Fatalf("slot %d, want %d", got, want)
		}
	}
	s.give(66)
	s.give(3)
	if a, b := s.take(), s.take(); a != 3 || b != 66 || s.n != 0 {
		t.Errorf("slots %d and %d, %d left", a, b, s.n)
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"now,fail=1", "{2 0 1 0}"}, {"soon,success=20%", "{1 1 0 20}"}, {"never", "{0 0 0 0}"}, {"never,fail=3", "{0 0 0 0}"},
		{"now,done=7", "{2 2 7 0}"}, {"30%", "{1 0 0 30}"}, {"0", "{0 0 0 0}"}, {"-1", "{1 1 1 0}"}, {"-2", "{2 1 1 0}"},
		{"", "must begin with never, soon or now"}, {"later,fail=1", "must begin with never, soon or now"},
		{"now", "now what: fail=N, success=N or done=N"}, {"now,fail", ": not a number of tasks"},
		{"now,fail=0", "0: not a number of tasks"}, {"now,fail=-1", "-1: not a number of tasks"},
		{"now,fail=0%", "0%: not a percentage"}, {"soon,fail=101%", "101%: not a percentage"}, {"soon,fail=x%", "x%: not a percentage"},
	} {
		h, err := ParseHalt(c.text)
		got := fmt.Sprint(h)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("halt %q: %s, want %s", c.text, got, c.want)
		}
	}
	const bad = ": not a duration (seconds, or a number and s, m, h or d)"
	for _, c := range []struct{ text, want string }{
		{"5", "{5s 0}"}, {"0.5", "{500ms 0}"}, {"5m", "{5m0s 0}"}, {"1h30m", "{1h30m0s 0}"}, {"2d", "{48h0m0s 0}"}, {"200%", "{0s 200}"},
		{"1.5s", "{1.5s 0}"}, {"", bad}, {"0", "0" + bad}, {"-1", "-1" + bad}, {"5x", "5x" + bad}, {"m", "m" + bad}, {"1e3", "1e3" + bad},
		{"0%", "0%: not a percentage"}, {"NaN%", "NaN%: not a percentage"}, {"..", ".." + bad},
	} {
		d, err := ParseTimeout(c.text)
		got := fmt.Sprint(d)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("timeout %q: %s, want %s", c.text, got, c.want)
		}
	}
}
