package mem

import (
	"context"
	"maps"
	"slices"
	"sync"

	"sshell/pipes/objstore"
)

// Buckets is a service of stores in memory. The zero Buckets has none. A bucket exists once it was asked for.
type Buckets struct {
	mu     sync.Mutex
	stores map[string]*Store
}

// Bucket implements objstore.Buckets: the same name gives the same store.
func (b *Buckets) Bucket(_ context.Context, name string) (objstore.Store, error) {
	if err := objstore.CheckBucket(name); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stores == nil {
		b.stores = map[string]*Store{}
	}
	if b.stores[name] == nil {
		b.stores[name] = new(Store)
	}
	return b.stores[name], nil
}

// BucketNames implements objstore.BucketLister.
func (b *Buckets) BucketNames(context.Context) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.stores)), nil
}
