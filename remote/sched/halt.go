package sched

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// When says what Halt does.
type When int

// The ways to halt.
const (
	Never When = iota
	Soon       // start nothing more
	Now        // and cancel what runs
)

// Why says which tasks Halt counts.
type Why int

// What can be counted.
const (
	OnFail Why = iota
	OnSuccess
	OnDone
)

// Halt says when to stop before the last task. The zero Halt never does.
type Halt struct {
	When    When
	Why     Why
	N       int64   // tasks
	Percent float64 // of all tasks, instead of N, if it is not 0
}

// ParseHalt reads GNU parallel's --halt: never, or soon or now, a comma, and fail, success or done, '=' and a number or
// percentage; also 0, 1, 2, -1, -2 and N% as parallel has them. The error lacks the option's name.
func ParseHalt(s string) (Halt, error) {
	switch s {
	case "0", "never":
		return Halt{}, nil
	case "1":
		return Halt{When: Soon, N: 1}, nil
	case "2":
		return Halt{When: Now, N: 1}, nil
	case "-1":
		return Halt{When: Soon, Why: OnSuccess, N: 1}, nil
	case "-2":
		return Halt{When: Now, Why: OnSuccess, N: 1}, nil
	}
	if strings.HasSuffix(s, "%") && !strings.Contains(s, ",") {
		s = "soon,fail=" + s
	}
	when, rest, _ := strings.Cut(s, ",")
	why, count, _ := strings.Cut(rest, "=")
	h := Halt{}
	var ok bool
	if h.When, ok = map[string]When{"never": Never, "soon": Soon, "now": Now}[when]; !ok {
		return Halt{}, errors.New("must begin with never, soon or now")
	}
	if h.When == Never {
		return Halt{}, nil
	}
	if h.Why, ok = map[string]Why{"fail": OnFail, "success": OnSuccess, "done": OnDone}[why]; !ok {
		return Halt{}, fmt.Errorf("%s what: fail=N, success=N or done=N", when)
	}
	return h.count(count)
}

func (h Halt) count(s string) (Halt, error) {
	if text, ok := strings.CutSuffix(s, "%"); ok {
		p, err := strconv.ParseFloat(text, 64)
		if err != nil || !(p > 0 && p <= 100) {
			return Halt{}, fmt.Errorf("%s: not a percentage", s)
		}
		h.Percent = p
		return h, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return Halt{}, fmt.Errorf("%s: not a number of tasks", s)
	}
	h.N = n
	return h, nil
}

// met reports whether so many tasks are enough to halt. Of a total that is not known no percentage is reached.
func (h Halt) met(count, total int64) bool {
	if h.Percent != 0 {
		return total > 0 && count > 0 && float64(count)*100 >= h.Percent*float64(total)
	}
	return h.N > 0 && count >= h.N
}

// maxCounted is the largest number of failed tasks that a status says; one more stands for all above (GNU parallel).
const maxCounted = 100

// Status is the exit status of a run as GNU parallel has it: 0 if no task failed, up to 100 the number of those that did,
// 101 for more. Where Halt counts failures, it is the failed task's own with a count of one, and the percentage of failed
// tasks with a percentage; where Halt counted enough successes it is 0.
func (s Summary) status(h Halt) int {
	switch {
	case s.Halted && h.When != Never && h.Why == OnSuccess:
		return 0
	case h.When != Never && h.Percent != 0 && s.total > 0:
		return int(math.Ceil(100 * float64(s.Failed) / float64(s.total)))
	case s.Halted && h.Why == OnFail && h.N == 1:
		return s.haltStatus
	}
	return int(min(s.Failed, maxCounted+1))
}
