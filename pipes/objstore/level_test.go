package objstore_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
)

// meddled has somebody else change the object right after it was looked at.
type meddled struct {
	*mem.Store
	meddle []func(*mem.Store) error
}

func (m *meddled) Stat(ctx context.Context, key string) (objstore.Object, error) {
	o, err := m.Store.Stat(ctx, key)
	if len(m.meddle) > 0 {
		if err := m.meddle[0](m.Store); err != nil {
			return o, err
		}
		m.meddle = m.meddle[1:]
	}
	return o, err
}

func TestAppendToWhatOthersChange(t *testing.T) {
	replace := func(s *mem.Store) error { return s.Put(t.Context(), "k", strings.NewReader("other "), -1, false) }
	remove := func(s *mem.Store) error { return s.Delete(t.Context(), "k") }
	for _, c := range []struct {
		name   string
		meddle []func(*mem.Store) error
		want   string
	}{
		{"replaced", []func(*mem.Store) error{replace, replace}, "other added"},
		{"deleted", []func(*mem.Store) error{remove}, "added"},
		{"deleted and created", []func(*mem.Store) error{remove, replace}, "other added"},
	} {
		m := &meddled{new(mem.Store), c.meddle}
		if err := m.Put(t.Context(), "k", strings.NewReader("old "), -1, false); err != nil {
			t.Fatal(err)
		}
		if err := objstore.Append(t.Context(), m, "k", "scratch", strings.NewReader("added"), -1); err != nil {
			t.Errorf("append to an object that is %s: %v", c.name, err)
		}
		body, err := m.Get(t.Context(), "k", 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(body); string(got) != c.want || err != nil {
			t.Errorf("an append to an object that is %s gave %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}
