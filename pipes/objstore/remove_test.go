package objstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
)

// failing is a store of which so many calls of Delete fail.
type failing struct {
	*mem.Store
	left int
}

func (f *failing) Delete(ctx context.Context, keys ...string) error {
	if f.left--; f.left >= 0 {
		return errors.New("slow down")
	}
	return f.Store.Delete(ctx, keys...)
}

func TestRemoveAll(t *testing.T) {
	for faults, fails := range map[int]bool{0: false, 3: false, 4: true} {
		synctest.Test(t, func(t *testing.T) {
			s := &failing{new(mem.Store), faults}
			for i := range 2500 {
				if err := s.Put(t.Context(), fmt.Sprintf("a/%d", i), strings.NewReader(""), 0, true); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Put(t.Context(), "b", strings.NewReader(""), 0, true); err != nil {
				t.Fatal(err)
			}
			if err := objstore.RemoveAll(t.Context(), s, "a/"); (err != nil) != fails {
				t.Errorf("%d faults: %v", faults, err)
			}
			n := 0
			for _, err := range s.List(t.Context(), "") {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if !fails && n != 1 {
				t.Errorf("%d faults: %d objects are left, want 1", faults, n)
			}
		})
	}
}
