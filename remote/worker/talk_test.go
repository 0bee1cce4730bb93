package worker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"sshell/interp/plan"
	"sshell/remote"
)

func frame(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := writeFrame(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLastReply(t *testing.T) {
	one, two := frame(t, &reply{Status: 1}), frame(t, &reply{Status: 2})
	tests := []struct {
		name   string
		text   []byte
		status plan.Status // of the last reply, -1 for none
		crash  string
	}{
		{"silence", nil, -1, ""},
		{"a reply", one, 1, ""},
		{"the last counts", append(one[:len(one):len(one)], two...), 2, ""},
		{"a crash", []byte("panic: oops\n\ngoroutine 1"), -1, "panic: oops"},
		{"a reply, then a crash", append(one[:len(one):len(one)], "fatal error: all is lost\n"...), 1, "fatal error: all is lost"},
		{"a reply cut short", one[:len(one)-1], -1, "worker said"},
		{"less than a length", one[:3], -1, "worker said"},
	}
	for _, tt := range tests {
		last, crash := lastReply(tt.text)
		status := -1
		if last != nil {
			status = last.Status
		}
		if status != tt.status || !strings.Contains(crash, tt.crash) || (crash == "") != (tt.crash == "") {
			t.Errorf("%s: got status %d, crash %q", tt.name, status, crash)
		}
	}
}

// An error keeps its kind on the way.
func TestReplyKeepsErrors(t *testing.T) {
	for _, want := range []error{
		&remote.NotStartedError{Status: 127, Err: errors.New("x: command not found")},
		errors.Join(errors.New("it went away"), remote.ErrLost),
		errors.New("another"),
	} {
		r, err := replyFor(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got := r.err()
		var no *remote.NotStartedError
		wasNo := errors.As(want, &no)
		if errors.Is(got, remote.ErrLost) != errors.Is(want, remote.ErrLost) || errors.As(got, &no) != wasNo || !strings.HasPrefix(got.Error(), want.Error()) {
			t.Errorf("%v became %v", want, got)
		}
		if wasNo && no.Status != 127 {
			t.Errorf("status became %d", no.Status)
		}
	}
}

func TestTakeOrder(t *testing.T) {
	huge := binary.BigEndian.AppendUint64(nil, maxFrame+1)
	for _, tt := range []struct {
		name string
		text []byte
		ok   bool
	}{
		{"a task", frame(t, &order{Task: stages(argv("true"))}), true},
		{"the guard's", frame(t, &order{Guard: true}), true},
		{"nothing", nil, false},
		{"nothing to do", frame(t, &order{}), false},
		{"empty frame", make([]byte, frameHead), false},
		{"cut short", frame(t, &order{Guard: true})[:10], false},
		{"too long", huge, false},
		{"longer than it is", binary.BigEndian.AppendUint64(nil, maxFrame), false},
	} {
		if _, err := takeOrder(bytes.NewReader(tt.text)); (err == nil) != tt.ok {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(frame(f, &order{Task: &remote.Task{Stages: []remote.Stage{argv("true")}}}))
	f.Add([]byte("panic: oops\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		takeOrder(bytes.NewReader(text))
		if last, crash := lastReply(text); last == nil && crash == "" && len(text) > 0 {
			t.Error("text without a meaning")
		}
		for r := bytes.NewReader(text); r.Len() > 0; {
			var w ward
			if err := readFrame(r, &w); err != nil {
				if err == io.EOF {
					t.Error("an end where there is text")
				}
				break
			}
		}
	})
}
