package ledger

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"sshell/pipes/objstore/mem"
)

func TestUploadEntries(t *testing.T) {
	s := new(mem.Store)
	for n, u := range []Upload{
		{Run: "0run", Bucket: "data", Key: "out", ID: "7", Begun: time.UnixMilli(1700000000123)},
		{Run: "0run", Bucket: "data", Key: "a \"b\"\n%q é\x00" + strings.Repeat("k", 1000), ID: strings.Repeat("i", 1000), Mark: "M", Begun: time.UnixMilli(0)},
	} {
		if err := u.Note(t.Context(), s, int64(n)); err != nil {
			t.Fatal(err)
		}
		key := u.EntryKey(int64(n))
		if !strings.HasPrefix(key, "ledger/0run/") {
			t.Errorf("key %s", key)
		}
		if got, err := ReadUpload(t.Context(), s, key); got != u || err != nil {
			t.Errorf("read %+v, %v, want %+v", got, err, u)
		}
	}
	if _, err := ReadUpload(t.Context(), s, "ledger/0run/uploads/2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing entry: %v", err)
	}
	for _, text := range []string{"", "run 0run\n", "run \"0run\"\nbucket"} {
		if err := s.Put(t.Context(), "bad", strings.NewReader(text), -1, false); err != nil {
			t.Fatal(err)
		}
		if u, err := ReadUpload(t.Context(), s, "bad"); err == nil {
			t.Errorf("%q gives %+v", text, u)
		}
	}
}
