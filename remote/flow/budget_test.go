package flow

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// A segment that would start more tasks than it may says so before it does.
func TestBudget(t *testing.T) {
	for _, c := range []struct {
		max, line string
		out, err  string
		status    int
	}{
		{"", "parmap --max-tasks 3 /bin/echo ::: 1 2 3", "1\n2\n3\n", "", 0},
		{"", "parmap --max-tasks 2 /bin/echo ::: 1 2 3", "", "parmap: 3 more tasks would be more than --max-tasks allows, 2 in all", 125},
		{"", "parmap -a list --max-tasks 2 /bin/echo", "", "parmap: 3 more tasks would be more than --max-tasks allows, 2 in all", 125},
		{"", "split -l 1 list | parmap --max-tasks 2 cat", "", "parmap: 3 more tasks would be more than --max-tasks allows, 2 in all", 125},
		{"", "parmap -j1 --max-tasks 4 /bin/echo", "1\n2\n3\n4\n", "", 0},
		{"", "parmap -j1 --strict --max-tasks 3 /bin/echo", "", "parmap: one more task would be more than --max-tasks allows, 3 in all", 125},
		{"", "parmap --pipe -N2 --strict --max-tasks 1 cat", "", "parmap: one more task would be more than --max-tasks allows, 1 in all", 125},
		{"2", "parmap /bin/echo ::: 1 2 3", "", "parmap: 3 more tasks would be more than SSHELL_MAX_TASKS allows, 2 in all", 125},
		{"0", "on local cat", "", "on: one more task would be more than SSHELL_MAX_TASKS allows, 0 in all", 125},
		{"1", "on local cat", "1\n2\n3\n4\n", "", 0},
		{"x", "on local cat", "", "on: SSHELL_MAX_TASKS: x: not a number of tasks", 125},
		{"2", "parmap /bin/echo ::: 1 2 | reduce --tree cat", "", "reduce: one more task would be more than SSHELL_MAX_TASKS allows, 2 in all", 125},
		{"", "parmap --max-tasks 0 /bin/echo ::: 1", "", "parmap: --max-tasks: 0: must be at least 1", 125},
		{"1", "parmap --dry-run /bin/echo ::: 1 2", "/bin/echo 1\n/bin/echo 2\n", "", 0},
		// What is left is divided.
		{"100", "parmap 'echo {} $SSHELL_MAX_TASKS' ::: 1 2 3 4", "1 24\n2 24\n3 24\n4 24\n", "", 0},
		{"100", "parmap --max-tasks 20 'echo {} $SSHELL_MAX_TASKS' ::: 1 2 3 4", "1 4\n2 4\n3 4\n4 4\n", "", 0},
		{"100", "parmap -j1 'echo {} $SSHELL_MAX_TASKS'", "1 0\n2 0\n3 0\n4 0\n", "", 0},
		{"100", "on local 'echo $SSHELL_MAX_TASKS'", "99\n", "", 0},
		{"7", "parmap --retries 3 ': {}; echo $SSHELL_MAX_TASKS; exit $((SSHELL_ATTEMPT < 1))' ::: a b c", "1\n1\n1\n", "", 0},
	} {
		b := newBench(t)
		b.file("list", "1\n2\n3\n")
		b.stdin = "1\n2\n3\n4\n"
		if c.max != "" {
			t.Setenv(TasksVar, c.max)
		} else {
			os.Unsetenv(TasksVar)
		}
		got := b.run(c.line)
		if c.err != "" {
			c.err = "sshell: " + c.err + "\n"
		}
		if got.out != c.out || got.err != c.err || got.last() != c.status {
			t.Errorf("%s, %s: %q, %q, %v, want %q, %q, %d", c.max, c.line, got.out, got.err, got.statuses, c.out, c.err, c.status)
		}
		os.Unsetenv(TasksVar)
	}
}

// Runs that share a budget cannot pass it together, and what was refused is not counted.
func TestSharedBudget(t *testing.T) {
	var sum atomic.Int64
	count := func(n int64) (int64, error) { return sum.Add(n), nil }
	first, second := &budget{name: "x", max: 10, count: count}, &budget{name: "x", max: 10, count: count}
	if err := first.take(6); err != nil {
		t.Fatal(err)
	}
	var refused *budgetError
	if err := second.take(5); !errors.As(err, &refused) || !strings.Contains(err.Error(), "5 more tasks") {
		t.Errorf("got %v", err)
	}
	if n := second.left(); n != 4 {
		t.Errorf("%d left", n)
	}
	if share := second.divide(2, 1); share != 2 || first.left() != 0 {
		t.Errorf("a share of %d, %d left", share, first.left())
	}
	second.give(2, nil) // nobody knows what it has started
	none, all, some := int64(0), int64(2), int64(1)
	for _, started := range []*int64{&none, &all, &some} {
		second.give(2, started)
	}
	if n := first.left(); n != 3 {
		t.Errorf("%d left of the shares", n)
	}
}
