// Package stored is what a task reads and writes of an object store itself, whoever runs it: pieces of objects one after
// the other, an output that appears whole or not at all, and the lists by which a client tells a running task what to
// read. A runner that offers remote.Storer is built of it.
//
// # Commit
//
// Attempts at one task may run beside each other, since one that was lost may live on. Each stores its output under a name
// of its own, and then creates the task's mark, which holds the attempt's result as plan.Marshal writes it. Whoever finds
// that there is a mark has lost: its own output is removed, and the mark's result is the task's.
//
// # Lists
//
// A list is a stream of pieces, each a length of 4 bytes in network order and as many of CBOR.
package stored

import (
	"context"
	"fmt"

	"sshell/pipes/objstore"
)

// find gives the store and key of an object's name.
func find(ctx context.Context, b objstore.Buckets, name string) (objstore.Store, string, error) {
	u, err := objstore.ParseURL(name)
	if err == nil {
		err = objstore.CheckKey(u.Key)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	s, err := b.Bucket(ctx, u.Bucket)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	return s, u.Key, nil
}
