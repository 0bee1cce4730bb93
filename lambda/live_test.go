package lambda

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A live response comes apart the same wherever the network cuts it.
func TestLiveFrames(t *testing.T) {
	var wire bytes.Buffer
	l := NewLive(&wire)
	for _, err := range []error{l.Output(1, []byte("out")), l.Output(2, nil), l.Output(2, []byte("err\x00")), l.Stream(1), l.End([]byte(`{"a":1}`))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := `1"out" 2"" 2"err\x00" s"1" `
	for size := 1; size <= wire.Len(); size++ {
		var f frames
		var got strings.Builder
		for data := wire.Bytes(); len(data) > 0; data = data[min(size, len(data)):] {
			err := f.take(data[:min(size, len(data))], func(k frameKind, data []byte) { fmt.Fprintf(&got, "%c%q ", k, data) })
			if err != nil {
				t.Fatal(err)
			}
		}
		if got.String() != want || string(f.whole) != `{"a":1}` || len(f.rest) > 0 {
			t.Errorf("by %d bytes: got %s and %s", size, &got, f.whole)
		}
	}
}

func TestBadFrames(t *testing.T) {
	for _, data := range []string{"1ffffff", "1-00001x", "1000000x000000"} {
		var f frames
		if err := f.take([]byte(data), func(frameKind, []byte) {}); err == nil {
			t.Errorf("%q is taken", data)
		}
	}
	// What is no live response is kept, to be read as a plain one.
	var f frames
	if err := f.take([]byte(`{"sshell":2,"error":"…"}`), nil); err != nil || len(f.rest) == 0 || f.whole != nil {
		t.Errorf("%v, %+v", err, f)
	}
}
