package emulator

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// TestMany has 200 invocations at a time: each has an environment of its own, none is lost, and the next 200 find these.
func TestMany(t *testing.T) {
	const width = 200
	s := serve(t, nil)
	// On a busy machine the last one starts a minute after the first, which waits for it.
	s.create(t, "f", func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(900) })
	m := meet(t)
	seen := map[string]int{}
	for range 2 {
		results := make([]<-chan result, width)
		for i := range results {
			results[i] = s.later(t, "f", m.event("meet"))
		}
		guests := make([]*guest, width)
		for i := range guests {
			guests[i] = m.guest(t)
		}
		for _, g := range guests {
			seen[g.word]++
			g.Close()
		}
		for _, r := range results {
			<-r
		}
		s.settled(t, "f", width)
	}
	if len(seen) != width {
		t.Errorf("twice %d invocations had %d environments", width, len(seen))
	}
}

// BenchmarkConcurrent has 200 invocations in flight, of a function that sleeps for a second: all cold, and 1,000 of them warm.
// It prints the time as a ratio to the sleep, which is what it can be at best.
func BenchmarkConcurrent(b *testing.B) {
	const width = 200
	s, c := benchmarkService(b)
	load := func(b *testing.B, tasks int) {
		before, begun := processorTime(), time.Now()
		var next, lost atomic.Int64
		var clients sync.WaitGroup
		for range width {
			clients.Go(func() {
				for int(next.Add(1)) <= tasks {
					out, err := c.Invoke(b.Context(), &lambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"Do":"sleep","Size":1000}`)})
					if err != nil || out.FunctionError != nil {
						lost.Add(1)
					}
				}
			})
		}
		clients.Wait()
		ideal := time.Duration((tasks+width-1)/width) * time.Second
		b.ReportMetric(float64(time.Since(begun))/float64(ideal), "x-ideal")
		b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(tasks), "cpu-µs/task")
		s.mu.Lock()
		b.ReportMetric(float64(len(s.functions["f"].all)), "environments")
		s.mu.Unlock()
		if n := lost.Load(); n > 0 {
			b.Errorf("%d of %d invocations were lost", n, tasks)
		}
	}
	b.Run("cold", func(b *testing.B) { load(b, width) })
	b.Run("warm", func(b *testing.B) { load(b, 5*width) })
}

// processorTime is what this process has used, the emulator and its clients.
func processorTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
