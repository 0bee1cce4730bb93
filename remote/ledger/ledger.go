package ledger

import (
	"sync"
	"time"
)

// Attempt is one try at a task, after it ended.
type Attempt struct {
	Seq      int64 // the task's number in input order, from 1
	Number   int   // of the attempt, from 0
	Host     string
	Start    time.Time
	Wall     time.Duration
	Send     int64 // bytes
	Receive  int64 // bytes
	Status   int   // as `$?`
	Signal   int   // what ended the command, 0 for none
	TimedOut bool
	Lost     bool // how it ended is unknown
	Again    bool // the task goes on: another attempt, or its halves, follow
	Command  string
}

// Failed reports whether the attempt is no success.
func (a Attempt) Failed() bool { return a.Lost || a.TimedOut || a.Signal != 0 || a.Status != 0 }

// Totals are sums over a run up to a moment.
type Totals struct {
	Started int64 // attempts
	Running int64
	Done    int64 // tasks
	Failed  int64 // of Done
	Lost    int64 // attempts
	Send    int64 // bytes
	Receive int64 // bytes
	Busy    time.Duration
}

// Ledger holds the totals of one run. It may be used concurrently; nil is not a Ledger.
type Ledger struct {
	id  string
	log *Joblog

	mu     sync.Mutex
	totals Totals
	times  times
}

// New returns the empty ledger of the run with this id. log may be nil.
func New(id string, log *Joblog) *Ledger { return &Ledger{id: id, log: log} }

// ID returns the run's id.
func (l *Ledger) ID() string { return l.id }

// Started notes that an attempt begins.
func (l *Ledger) Started() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.Started++
	l.totals.Running++
}

// Ended notes how an attempt ended, and writes it to the joblog unless the task goes on. The error is the joblog's.
func (l *Ledger) Ended(a Attempt) error {
	l.note(a)
	if a.Again || l.log == nil {
		return nil
	}
	return l.log.Write(a)
}

func (l *Ledger) note(a Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.totals
	t.Running--
	t.Busy += a.Wall
	t.Send += a.Send
	if a.Lost {
		t.Lost++
	}
	if a.Again {
		return
	}
	t.Done++
	t.Receive += a.Receive
	if a.Failed() {
		t.Failed++
		return
	}
	l.times.add(a.Wall)
}

// Dropped notes that a running attempt was cancelled and counts for nothing.
func (l *Ledger) Dropped() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.Running--
}

// Totals returns the sums so far.
func (l *Ledger) Totals() Totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.totals
}

// Quantile returns the time below which the fraction q of the successful tasks took, within 2 %, and how many tasks that
// is drawn from.
func (l *Ledger) Quantile(q float64) (time.Duration, int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.times.quantile(q), l.times.n
}
