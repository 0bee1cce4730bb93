package local

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sshell/remote"
)

// width is how many tasks run at once here and at the peers.
const width = 2

// inParallel calls run for 0 to n-1 from width goroutines.
func inParallel(n int, run func(i int)) {
	next := make(chan int)
	var running sync.WaitGroup
	for range width {
		running.Go(func() {
			for i := range next {
				run(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	running.Wait()
}

// BenchmarkTasks runs /bin/true a thousand times, and has xargs do the same in turn. It reports the time of a task, and
// as a share of xargs'.
func BenchmarkTasks(b *testing.B) {
	const tasks = 1000
	r := newRunner(b, Config{})
	environ := os.Environ()
	var ours, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		inParallel(tasks, func(i int) {
			task := argv("/bin/true", strconv.Itoa(i))
			task.ID, task.Environ, task.Env = i, environ, []string{"SSHELL_TASK=" + strconv.Itoa(i), "SSHELL_ROLE=worker"}
			if _, err := r.Run(b.Context(), task, remote.Streams{Stdout: os.Stdout, Stderr: os.Stderr}); err != nil {
				b.Error(err)
			}
		})
		ours += time.Since(began)
		var list strings.Builder
		for i := range tasks {
			list.WriteString(strconv.Itoa(i) + "\n")
		}
		cmd := exec.Command("xargs", "-P"+strconv.Itoa(width), "-n1", "/bin/true")
		cmd.Stdin = strings.NewReader(list.String())
		began = time.Now()
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(began)
	}
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N*tasks), "µs/task")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "of-xargs")
}

// BenchmarkChunks has cat read a file in chunks of 10 MB, and GNU parallel do the same in turn. It reports how many
// times as fast this is.
func BenchmarkChunks(b *testing.B) {
	const size, block = 256 << 20, 10 << 20
	path := filepath.Join(b.TempDir(), "data")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	line := strings.Repeat("0123456789abcdef", 4)[:63] + "\n"
	text := []byte(strings.Repeat(line, 1<<14))
	for range size / len(text) {
		if _, err := f.Write(text); err != nil {
			b.Fatal(err)
		}
	}
	f.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	r := newRunner(b, Config{})
	environ := os.Environ()
	var ours, theirs time.Duration
	b.SetBytes(size)
	for b.Loop() {
		began := time.Now()
		inParallel((size+block-1)/block, func(i int) {
			// Through a pipe of ours, as parallel's output goes through its own.
			out, w, err := os.Pipe()
			if err != nil {
				b.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				io.Copy(null, out)
			}()
			task := chunkOf(argv("cat"), path, i*block, min((i+1)*block, size))
			task.Environ = environ
			if _, err := r.Run(b.Context(), task, remote.Streams{Stdout: w, Stderr: os.Stderr}); err != nil {
				b.Error(err)
			}
			w.Close()
			<-done
			out.Close()
		})
		ours += time.Since(began)
		cmd := exec.Command("parallel", "-j"+strconv.Itoa(width), "--pipepart", "-k", "--block", "10M", "-a", path, "cat")
		began = time.Now()
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(began)
	}
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "×parallel")
}
