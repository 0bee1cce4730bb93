package flow

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// TestSpaceIsUsedAgainOnlyOnceItIsRead fills a pipe from the store and the store again before anybody reads the pipe: the
// reader must get what was sent, not what took its place.
func TestSpaceIsUsedAgainOnlyOnceItIsRead(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatalf("make pipe: %v", err)
	}
	defer r.Close()
	widen(w, 2*smallMax)
	stop, err := newWaker()
	if err != nil {
		t.Fatalf("make waker: %v", err)
	}
	defer stop.close()
	out, err := newSink(w, stop)
	if err != nil {
		t.Fatalf("make sink: %v", err)
	}
	s := &store{dir: t.TempDir()}
	defer s.close()

	// A part in the file that any pipe takes whole: what fits in memory is not at stake.
	sent, later := bytes.Repeat([]byte{'a'}, smallMax/2), bytes.Repeat([]byte{'b'}, smallMax/2)
	for _, b := range [][]byte{sent, later} {
		var h heldOutput
		if err := s.write(&h, b); err != nil {
			t.Fatalf("hold output: %v", err)
		}
		if b[0] == sent[0] {
			err = s.flush(&h, out)
		}
		if err != nil {
			t.Fatalf("send output: %v", err)
		}
	}
	w.Close()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read pipe: %v", err)
	}
	if !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes are as they were sent", bytes.Count(got, sent[:1]), len(sent))
	}
}
