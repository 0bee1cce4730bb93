package ledger

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestIDsSortByTime(t *testing.T) {
	now := time.Unix(1700000000, 0)
	var ids []string
	for i := range 100 {
		ids = append(ids, NewID(now.Add(time.Duration(i)*time.Millisecond)))
	}
	if !slices.IsSorted(ids) {
		t.Errorf("not sorted: %q", ids)
	}
	a, b := NewID(now), NewID(now)
	if a == b || a[:idTime] != b[:idTime] || len(a) != 20 {
		t.Errorf("ids %q and %q of one moment", a, b)
	}
}

func TestTotals(t *testing.T) {
	l := New("x", nil)
	for range 5 {
		l.Started()
	}
	for _, a := range []Attempt{
		{Send: 10, Receive: 1, Wall: time.Second},
		{Send: 10, Receive: 5, Lost: true, Again: true, Wall: time.Second},
		{Send: 10, Receive: 2, Status: 3, Wall: time.Second},
	} {
		if err := l.Ended(a); err != nil {
			t.Error(err)
		}
	}
	l.Dropped()
	want := Totals{Started: 5, Running: 1, Done: 2, Failed: 1, Lost: 1, Send: 30, Receive: 3, Busy: 3 * time.Second}
	if got := l.Totals(); got != want {
		t.Errorf("totals %+v, want %+v", got, want)
	}
}

func TestQuantile(t *testing.T) {
	l := New("x", nil)
	if d, n := l.Quantile(0.5); d != 0 || n != 0 {
		t.Errorf("median of nothing: %v of %d", d, n)
	}
	for i := 1; i <= 1001; i++ {
		l.Ended(Attempt{Wall: time.Duration(i) * time.Millisecond})
		l.Ended(Attempt{Wall: time.Hour, Status: 1}) // does not count
	}
	for _, c := range []struct {
		q    float64
		want time.Duration
	}{{0, time.Millisecond}, {0.5, 501 * time.Millisecond}, {0.95, 951 * time.Millisecond}, {1, 1001 * time.Millisecond}} {
		d, n := l.Quantile(c.q)
		if ratio := float64(d) / float64(c.want); ratio < 0.98 || ratio > 1.02 || n != 1001 {
			t.Errorf("quantile %v: %v of %d, want %v", c.q, d, n, c.want)
		}
	}
}

var logged = []Attempt{
	{Seq: 1, Send: 5, Receive: 7, Command: "echo a"},
	{Seq: 3, Status: 2, Wall: 1500 * time.Millisecond, Command: "echo\techo 'a\nb'"},
	{Seq: 2, Status: 137, Signal: 9, Command: "x"},
	{Seq: 4, Status: 124, TimedOut: true, Host: "lambda", Command: "x"},
	{Seq: 3, Command: "x"},
}

func writeJoblog(t *testing.T, path string, add bool, all []Attempt) {
	t.Helper()
	j, err := OpenJoblog(path, add)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		a.Start = time.UnixMilli(1700000000123)
		if err := j.Write(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestJoblog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	writeJoblog(t, path, false, nil)
	writeJoblog(t, path, false, logged[:2])
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("9\t:\t17000") // a crash
	f.Close()
	writeJoblog(t, path, true, logged[2:])
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n" +
		"1\t:\t1700000000.123\t     0.000\t5\t7\t0\t0\techo a\n" +
		"3\t:\t1700000000.123\t     1.500\t0\t0\t2\t0\techo\techo 'a\x00b'\n" +
		"9\t:\t17000\n" +
		"2\t:\t1700000000.123\t     0.000\t0\t0\t0\t9\tx\n" +
		"4\tlambda\t1700000000.123\t     0.000\t0\t0\t-1\t15\tx\n" +
		"3\t:\t1700000000.123\t     0.000\t0\t0\t0\t0\tx\n"
	if string(got) != want {
		t.Errorf("joblog\n%s\nwant\n%s", got, want)
	}
	var read []string
	if err := ReadJoblog(strings.NewReader(string(got)), func(seq int64, ok bool) {
		read = append(read, fmt.Sprint(seq, ok))
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(read, ", "); got != "1 true, 3 false, 2 false, 4 false, 3 true" {
		t.Errorf("read %s", got)
	}
}

// GNU parallel goes on from our joblog.
func TestParallelResumes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	writeJoblog(t, path, false, logged[:3])
	cmd := exec.Command("parallel", "-k", "--joblog", path, "--resume-failed", "echo", ":::", "a", "b", "c", "d", "e")
	cmd.Env = append(os.Environ(), "HOME="+dir)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("parallel: %v", err)
	}
	if string(out) != "b\nc\nd\ne\n" {
		t.Errorf("parallel ran %q", out)
	}
}

// The runs that a run's tasks start have ids that begin with its own.
func TestNewIDBelow(t *testing.T) {
	outer := NewID(time.Now())
	inner := NewIDBelow(outer, time.Now())
	innermost := NewIDBelow(inner, time.Now())
	if !strings.HasPrefix(inner, outer+".") || !strings.HasPrefix(innermost, inner+".") {
		t.Errorf("ids %s, %s, %s", outer, inner, innermost)
	}
	for _, none := range []string{"", "x", outer + ".", "." + outer, outer + "/", strings.ToUpper(outer), outer + "." + outer[1:] + "/",
		strings.Repeat(outer+".", 12) + outer} {
		if id := NewIDBelow(none, time.Now()); len(id) != len(outer) {
			t.Errorf("below %q: %s", none, id)
		}
	}
}
