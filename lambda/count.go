package lambda

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// CountVar names the file, in the environment of a task in a function, where the tasks are counted that it starts: all its shells count
// there, since what it may start is one share of its run's.
const CountVar = "SSHELL_TASKS_FILE"

// sealed is more than any share: who adds to it is refused.
const sealed = math.MaxInt64 / 2

// CountTasks adds to the number in a file, which others may do at the same time, and returns the sum.
func CountTasks(path string, n int64) (int64, error) {
	return changeCount(path, func(sum int64) int64 { return sum + n })
}

// SealCount returns the number in a file, to which nobody can add anything that counts from now on.
func SealCount(path string) (int64, error) {
	var last int64
	_, err := changeCount(path, func(sum int64) int64 {
		last = sum
		return sealed
	})
	return last, err
}

func changeCount(path string, change func(int64) int64) (int64, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close() // which unlocks it
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return 0, fmt.Errorf("lock %s: %w", path, err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return 0, err
	}
	sum := int64(0)
	if len(text) > 0 {
		if sum, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err != nil {
			return 0, fmt.Errorf("%s holds no number", path)
		}
	}
	sum = change(sum)
	_, err = f.WriteAt(fmt.Appendf(nil, "%20d", sum), 0)
	return sum, err
}
