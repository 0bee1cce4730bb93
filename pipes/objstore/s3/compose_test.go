package s3_test

import (
	"bytes"
	"io"
	"testing"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/s3/s3test"
)

// TestComposeInParts composes objects that are copied and objects that are too small for it.
func TestComposeInParts(t *testing.T) {
	s := s3test.NewStore(t)
	var want []byte
	var sources []string
	for i, size := range []int{3, 6 << 20, 1 << 20, 0, 5 << 20, 11 << 20, 7} {
		key := string(rune('a'+i)) + "/é +&%"
		data := bytes.Repeat([]byte{byte(i), 1, 2}, size/3+1)[:size]
		if err := s.Put(t.Context(), key, bytes.NewReader(data), int64(size), false); err != nil {
			t.Fatal(err)
		}
		sources, want = append(sources, key), append(want, data...)
	}
	c := s.(objstore.Composer)
	if err := c.Compose(t.Context(), "all", objstore.Absent, sources...); err != nil {
		t.Fatal(err)
	}
	body, err := s.Get(t.Context(), "all", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); !bytes.Equal(got, want) || err != nil {
		t.Errorf("composed %d bytes of %d that differ, %v", len(got), len(want), err)
	}
}
