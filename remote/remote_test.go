package remote

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"

	"sshell/interp/plan"
)

// allBytes holds every byte there is: most of it is not UTF-8.
var allBytes = func() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}()

func fullTask() *Task {
	umask := 0o27
	return &Task{
		Run: "01J", ID: 7, Attempt: 2,
		Stages: []Stage{
			{Argv: []string{"prog", "", allBytes}, Env: []string{"A=" + allBytes}},
			{Source: "f " + allBytes},
		},
		Snapshot: &plan.Snapshot{
			Version: plan.SnapshotVersion, Name: allBytes,
			Vars:    []plan.Variable{{Name: "v", Attr: 3, Set: true, Value: allBytes, Keys: []string{"k"}, Elems: []string{"\xff"}}},
			Aliases: map[string]string{"ll": "ls \xfe"},
			Umask:   0o77, Ignored: []int{13},
		},
		Environ: []string{"PATH=/bin", "X=" + allBytes}, Env: []string{"SSHELL_TASK=7"},
		Dir: "/tmp/\xff", Umask: &umask, Artifacts: []string{"./x", "\xfe"},
		Input:  Input{Kind: ChunkInput, Object: "s3://b/\xff", Start: 1 << 40, End: 1<<40 + 5, Inline: []byte(allBytes)},
		Limits: Limits{Timeout: 3 * time.Second, Memory: 1 << 33},
	}
}

func TestTaskTravels(t *testing.T) {
	for _, want := range []*Task{{}, fullTask()} {
		data, err := EncodeTask(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeTask(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(want.Stages) == 0 {
			got.Stages = nil // nil and empty are one on the wire
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestResultTravels(t *testing.T) {
	want := &Result{
		Statuses: []plan.Status{0, 141, 255}, Signal: 9, TimedOut: true, In: 1 << 41,
		User: time.Second, System: time.Millisecond, Wall: time.Minute, MaxRSS: 1 << 34,
		Start: time.Unix(1700000000, 0),
	}
	data, err := EncodeResult(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeResult(data)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Start.Equal(want.Start) {
		t.Errorf("start is %v, want %v", got.Start, want.Start)
	}
	got.Start = want.Start
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A start time must come back to the nanosecond, or reports would disagree about the same attempt.
func TestStartKeepsNanoseconds(t *testing.T) {
	want := time.Unix(1700000000, 123456789)
	data, err := EncodeResult(&Result{Start: want})
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeResult(data)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Start.Equal(want) {
		t.Errorf("got %v, want %v", got.Start, want)
	}
}

func TestWireErrors(t *testing.T) {
	task, err := EncodeTask(fullTask())
	if err != nil {
		t.Fatal(err)
	}
	result, err := EncodeResult(&Result{})
	if err != nil {
		t.Fatal(err)
	}
	newer, err := plan.Marshal(envelope{Version: wireVersion + 1, Task: fullTask()})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "read task"},
		{"cut short", task[:len(task)/2], "read task"},
		{"a result", result, "read task"},
		{"another version", newer, "wire version 3, want 2"},
		{"bytes behind it", append(task[:len(task):len(task)], 0), "read task"},
	}
	for _, tt := range tests {
		if _, err := DecodeTask(tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got error %v, want one with %q", tt.name, err, tt.want)
		}
	}
	if _, err := DecodeResult(task); err == nil {
		t.Error("a task was read as a result")
	}
}

func TestNotStartedWraps(t *testing.T) {
	var err error = &NotStartedError{Status: 127, Err: fs.ErrNotExist}
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrLost) || err.Error() != fs.ErrNotExist.Error() {
		t.Errorf("%v does not stand for what it wraps", err)
	}
}

func FuzzDecode(f *testing.F) {
	task, err := EncodeTask(fullTask())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(task)
	f.Add([]byte{0xa1})
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := DecodeTask(data); err == nil {
			again, err := EncodeTask(got)
			if err != nil {
				t.Fatalf("a task that was read cannot be written: %v", err)
			}
			if _, err := DecodeTask(again); err != nil {
				t.Fatalf("a task that was written cannot be read: %v", err)
			}
		}
		DecodeResult(data)
	})
}
