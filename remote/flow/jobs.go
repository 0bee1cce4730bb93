package flow

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// jobs is how many tasks run at a time, as GNU parallel has it. The zero value is one per core.
type jobs struct {
	given   bool
	n       int
	percent float64
	plus    bool // n is added to the cores
	all     bool // as many as possible
}

func parseJobs(s string) (jobs, error) {
	j := jobs{given: true}
	if text, ok := strings.CutSuffix(s, "%"); ok {
		p, err := strconv.ParseFloat(text, 64)
		if err != nil || !(p > 0 && p < 1e9) {
			return jobs{}, fmt.Errorf("%s: not a percentage", s)
		}
		j.percent = p
		return j, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return jobs{}, fmt.Errorf("%s: not a number of tasks (N, +N, -N, N%% or 0)", quote(s))
	}
	j.n, j.plus = n, strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-")
	j.all = n == 0 && !j.plus
	return j, nil
}

// maxSlots is the most tasks that run at a time, -j0 included: each is a process, of which systems allow a thousand without
// being asked.
const maxSlots = 1000

// slotFiles is how many descriptors a running task needs in this process, at most: pipes for its input and output, and those
// of its runner.
const slotFiles = 8

// mostSlots is maxSlots, or fewer where this process may not have so many descriptors.
func mostSlots() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return maxSlots
	}
	return int(max(1, min(maxSlots, uint64(limit.Cur)/slotFiles)))
}

// slots returns how many tasks run at a time.
func (j jobs) slots(cores int) int {
	n := cores
	switch {
	case j.all:
		n = mostSlots()
	case j.percent != 0:
		n = int(math.Round(float64(cores) * j.percent / 100))
	case j.plus:
		n = cores + j.n
	case j.given:
		n = j.n
	}
	return min(max(n, 1), mostSlots())
}

// slots returns how many tasks run at a time: -j of them, with --procs copies of COMMAND in each.
func (o *mapOptions) slots(cores int) int {
	n := o.jobs.slots(cores)
	if o.procs > 1 {
		if !o.jobs.given {
			n = max(1, n/o.procs)
		}
		n *= o.procs
	}
	return min(n, mostSlots())
}

// spareThreads is how many more goroutines may run than there are tasks, each of which keeps one in a system call that waits
// for its process. While none is spare, Go's runtime takes the place of each that waits and watches for the next every 20 µs,
// which costs an eighth of a core (measured with ten thousand commands of a millisecond).
const spareThreads = 2

// makeRoom lets so many tasks of this machine wait. Places beyond the most are not worth their memory.
func makeRoom(slots int) {
	const most = 64
	if want := min(slots, most) + spareThreads; runtime.GOMAXPROCS(0) < want {
		runtime.GOMAXPROCS(want)
	}
}
