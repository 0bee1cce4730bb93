package sched

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"sshell/remote"
)

// Timeout bounds the time of each attempt. The zero Timeout does not.
type Timeout struct {
	Fixed   time.Duration
	Percent float64 // of the median of the tasks that succeeded, instead of Fixed, if it is not 0
}

// medianOf is how many tasks must have succeeded before their median bounds others.
const medianOf = 3

// unit is what a unit of GNU parallel's durations stands for, 0 if it is none.
func unit(name string) time.Duration {
	switch name {
	case "", "s":
		return time.Second
	case "m":
		return time.Minute
	case "h":
		return time.Hour
	case "d":
		return 24 * time.Hour
	case "ms":
		return time.Millisecond
	}
	return 0
}

// ParseTimeout reads a duration: a number, which may have a fraction, and s, m, h, d or nothing for seconds, or several such
// (1h30m); or N% for that part of the median task. The error lacks the option's name.
func ParseTimeout(s string) (Timeout, error) {
	if text, ok := strings.CutSuffix(s, "%"); ok {
		p, err := strconv.ParseFloat(text, 64)
		if err != nil || !(p > 0 && p < 1e9) {
			return Timeout{}, fmt.Errorf("%s: not a percentage", s)
		}
		return Timeout{Percent: p}, nil
	}
	d, err := ParseDuration(s)
	return Timeout{Fixed: d}, err
}

// ParseDuration reads a duration as ParseTimeout does, but for percentages. It is more than 0.
func ParseDuration(s string) (time.Duration, error) {
	total := 0.0
	for rest := s; rest != "" || total == 0; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
		letters := len(rest[digits:]) - len(strings.TrimLeft(rest[digits:], "abcdefghijklmnopqrstuvwxyz"))
		n, err := strconv.ParseFloat(rest[:digits], 64)
		of := unit(strings.ToLower(rest[digits : digits+letters]))
		if err != nil || of == 0 || n == 0 {
			return 0, fmt.Errorf("%s: not a duration (seconds, or a number and s, m, h or d)", s)
		}
		total += n * float64(of)
		rest = rest[digits+letters:]
	}
	const longest = 1 << 62 // nanoseconds, 146 years
	return time.Duration(min(total, longest)), nil
}

// limit is the bound of a running attempt that moves with the median.
type limit struct {
	start  time.Time
	timer  *time.Timer
	cancel context.CancelCauseFunc
	fired  atomic.Bool
}

var errTimedOut = errors.New("timed out")

// limit bounds an attempt at a task. A fixed bound is the Runner's to keep; a relative one is kept here. The limit is nil
// for the former.
func (r *run) limit(ctx context.Context, task *remote.Task) (context.Context, *limit) {
	if r.Timeout.Percent == 0 {
		task.Limits.Timeout = r.Timeout.Fixed
		return ctx, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	l := &limit{start: time.Now(), cancel: cancel}
	const never = 1 << 62 // until the median is known
	l.timer = time.AfterFunc(never, func() {
		l.fired.Store(true)
		cancel(errTimedOut)
	})
	r.mu.Lock()
	r.limits = append(r.limits, l)
	r.mu.Unlock()
	r.adjustLimits()
	return ctx, l
}

// unlimit ends a bound and reports whether the attempt was ended by it.
func (r *run) unlimit(l *limit) bool {
	if l == nil {
		return false
	}
	l.timer.Stop()
	l.cancel(nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, other := range r.limits {
		if other == l {
			r.limits[i] = r.limits[len(r.limits)-1]
			r.limits = r.limits[:len(r.limits)-1]
			break
		}
	}
	return l.fired.Load()
}

// adjustLimits moves the bounds of running attempts with the median.
func (r *run) adjustLimits() {
	if r.Timeout.Percent == 0 {
		return
	}
	median, n := r.Ledger.Quantile(0.5)
	if n < medianOf {
		return
	}
	bound := time.Duration(float64(median) * r.Timeout.Percent / 100)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.limits {
		if !l.fired.Load() {
			l.timer.Reset(time.Until(l.start.Add(bound)))
		}
	}
}
