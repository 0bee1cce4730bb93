package flow

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// TasksVar names in the environment how many tasks a run may start at most, all that its tasks start themselves included. In a task's
// environment it is the task's share.
const TasksVar = "SSHELL_MAX_TASKS"

// budget is how many tasks may be started. It is kept without asking anybody: what is left when the tasks of a stage are known is divided
// over them, so that the sum of all that they start cannot pass it, wherever they run. It may be used concurrently.
type budget struct {
	name  string  // what has set it
	up    *budget // of which it is a part, nil for a run's
	max   int64
	count func(n int64) (sum int64, err error) // counts tasks of other runs too, nil where there are none

	mu   sync.Mutex
	used int64
}

// budget reads the run's from its environment. Without one it is nil, which bounds nothing.
func (s *segment) budget() (*budget, error) {
	text := ""
	for _, entry := range s.environ {
		if value, ok := strings.CutPrefix(entry, TasksVar+"="); ok {
			text = value
		}
	}
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("%s: %s: not a number of tasks", TasksVar, quote(text))
	}
	return &budget{name: TasksVar, max: n, count: s.cfg.CountTasks}, nil
}

// part is a budget of n tasks that are b's too, b if n is 0.
func (b *budget) part(name string, n int) *budget {
	if n == 0 {
		return b
	}
	return &budget{name: name, up: b, max: int64(n)}
}

// take takes n tasks, all or none.
func (b *budget) take(n int64) error {
	if b == nil || n == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > b.max {
		return &budgetError{b, n}
	}
	if err := b.up.take(n); err != nil {
		return err
	}
	if b.count != nil {
		sum, err := b.count(n)
		if err != nil {
			return fmt.Errorf("count tasks: %w", cause(err))
		}
		if sum > b.max {
			_, _ = b.count(-n) // those that are not started; where it cannot be written they count
			return &budgetError{b, n}
		}
	}
	b.used += n
	return nil
}

// give gives back what was taken and is not used: of a share, what a task is known not to have started.
func (b *budget) give(share int64, started *int64) {
	if b == nil || started == nil || *started >= share {
		return
	}
	b.put(share - max(*started, 0))
}

func (b *budget) put(n int64) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.count != nil {
		_, _ = b.count(-n) // where it cannot be written they count
	}
	b.up.put(n)
}

// left is how many tasks there are still. It is nothing for a nil budget.
func (b *budget) left() int64 {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.max - b.used
	if b.count != nil {
		if sum, err := b.count(0); err == nil {
			n = b.max - sum
		}
	}
	if b.up != nil {
		n = min(n, b.up.left())
	}
	return max(n, 0)
}

// divide takes a share of what is left for each of n tasks, where units others of the run may want some too, and returns its size.
func (b *budget) divide(n int64, units int) int64 {
	if b == nil || n == 0 {
		return 0
	}
	share := b.left() / (n * int64(max(units, 1)))
	if b.take(share*n) != nil { // another unit was first
		return 0
	}
	return share
}

// env tells a task its share.
func (b *budget) env(share int64) []string {
	if b == nil {
		return nil
	}
	return []string{TasksVar + "=" + strconv.FormatInt(share, 10)}
}

// budgetError says that a budget would be passed.
type budgetError struct {
	b *budget
	n int64
}

func (e *budgetError) Error() string {
	tasks := "one more task"
	if e.n > 1 {
		tasks = strconv.FormatInt(e.n, 10) + " more tasks"
	}
	return fmt.Sprintf("%s would be more than %s allows, %d in all", tasks, e.b.name, e.b.max)
}
