package flow

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// compare runs a line and a bash script in turn, and reports the line's time as a share of the script's.
func compare(b *testing.B, line, script string, prepare func(*bench)) {
	w := newBench(b)
	if prepare != nil {
		prepare(w)
	}
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	var ours, theirs time.Duration
	before := selfTime(b)
	for b.Loop() {
		start := time.Now()
		in := null
		var cat *exec.Cmd
		if w.stdin == "a" {
			r, pw, err := os.Pipe()
			if err != nil {
				b.Fatal(err)
			}
			cat = exec.Command("cat", filepath.Join(w.dir, "a"))
			cat.Stdout = pw
			if err := cat.Start(); err != nil {
				b.Fatal(err)
			}
			pw.Close()
			in = r
		}
		w.input = in
		if a := w.runTo(b.Context(), line, null, os.Stderr); a.last() != 0 {
			b.Fatalf("statuses %v, %v", a.statuses, a.fault)
		}
		if cat != nil {
			in.Close()
			cat.Wait()
		}
		ours += time.Since(start)
		start = time.Now()
		cmd := exec.Command("bash", "-c", script)
		cmd.Dir = w.dir
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(start)
	}
	b.ReportMetric(float64(selfTime(b)-before)/float64(b.N)/1e6, "ms-of-client")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/ours")
	b.ReportMetric(theirs.Seconds()/float64(b.N), "s/theirs")
}

// selfTime is the processor time that this process has used without its children.
func selfTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bigFile makes a file of 400 MB of lines.
func bigFile(w *bench) {
	block := bytes.Repeat([]byte("a line of text that is neither short nor long, as lines are\n"), 20000)
	f, err := os.Create(filepath.Join(w.dir, "a"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	for n := 0; n < 400e6; n += len(block) {
		if _, err := f.Write(block); err != nil {
			w.t.Fatal(err)
		}
	}
}

func BenchmarkTasks(b *testing.B) {
	compare(b, "parmap -j2 /bin/true :::: numbers", "xargs -P2 -n1 /bin/true < numbers", func(w *bench) { w.file("numbers", numbers(1, 2000)) })
}

func BenchmarkOutputTasks(b *testing.B) {
	compare(b, "parmap -j2 /bin/echo :::: numbers", "xargs -P2 -n1 /bin/echo < numbers", func(w *bench) { w.file("numbers", numbers(1, 2000)) })
}

func BenchmarkFile(b *testing.B) {
	compare(b, "split -b 10M a | parmap cat", "parallel --pipepart -k --block 10M -a a cat >/dev/null", bigFile)
}

func BenchmarkStream(b *testing.B) {
	compare(b, "split -b 10M | parmap cat", "cat a | parallel --pipe -k --block 10M cat >/dev/null", func(w *bench) {
		bigFile(w)
		w.stdin = "a"
	})
}
