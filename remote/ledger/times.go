package ledger

import (
	"math"
	"time"
)

// Times are counted in buckets whose bounds grow by 2 % from 10 µs on, which is less than a process takes to start; 1,400
// of them reach beyond a month.
const (
	timesBase    = 10 * time.Microsecond
	timesGrowth  = 1.02
	timesBuckets = 1400
)

// times is a histogram of durations of fixed size.
type times struct {
	n       int64
	buckets []int64
}

func (t *times) add(d time.Duration) {
	if t.buckets == nil {
		t.buckets = make([]int64, timesBuckets)
	}
	i := 0
	if d > timesBase {
		i = int(math.Log(float64(d)/float64(timesBase)) / math.Log(timesGrowth))
	}
	t.buckets[min(i, timesBuckets-1)]++
	t.n++
}

// quantile returns the middle of the bucket that holds the quantile; 0 for an empty histogram.
func (t *times) quantile(q float64) time.Duration {
	rank := int64(q * float64(t.n-1))
	for i, n := range t.buckets {
		if rank < n {
			return time.Duration(float64(timesBase) * math.Pow(timesGrowth, float64(i)+0.5))
		}
		rank -= n
	}
	return 0
}
