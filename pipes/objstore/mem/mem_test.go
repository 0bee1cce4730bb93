package mem_test

import (
	"errors"
	"slices"
	"testing"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
	"sshell/pipes/objstore/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) objstore.Store { return new(mem.Store) })
}

func TestBuckets(t *testing.T) {
	var b mem.Buckets
	for _, name := range []string{"lab", "home", "lab"} {
		s, err := b.Bucket(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := b.Bucket(t.Context(), name); again != s {
			t.Errorf("bucket %s is another store when asked for again", name)
		}
	}
	if _, err := b.Bucket(t.Context(), "../lab"); !errors.Is(err, objstore.ErrBucket) {
		t.Errorf("bucket ../lab: %v, want an error that wraps ErrBucket", err)
	}
	if names, err := b.BucketNames(t.Context()); err != nil || !slices.Equal(names, []string{"home", "lab"}) {
		t.Errorf("buckets: %q, %v", names, err)
	}
}
