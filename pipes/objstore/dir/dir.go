// Package dir is an object store in a folder of this machine: a folder per bucket, a file per object. It is what s3://
// means without an account. Several processes may use one folder at once.
//
// # Where an object is
//
// The object of key a/b/c in bucket lab is the file lab/a/b/c under the root, and a file that somebody puts there is
// an object. Only what a file system cannot name so is written otherwise, and so that it can be read back:
//
//	in a key                           in the folder
//	%                                  %25
//	a segment that is . or ..          %2E, %2E.
//	an empty segment (a//b, a/)        a folder or file named %
//	a segment of more than 250 bytes   folders of 250 bytes, each ending in %+, and the rest
//	a, while the folder a is there     a%file, beside it
//
// A bucket also has the folder .%sshell, with its lock and the files that are being written. Names that contain a '%' and
// are not in this list are no objects, nor are pipes, sockets and devices. Symbolic links are followed, and replaced by a
// Put of their key. Where the file system folds the case of names, keys that differ only in case are one; where it takes
// UTF-8 only, other keys are an error.
//
// # What is promised
//
// A body is written to a file of its own, which then takes the object's name in one step: rename(2), or link(2) for an
// object that must not exist. So an object is whole or absent whatever fails, a full disk included, and a reader has the
// version it opened. What a process leaves that dies in a Put is in no listing, and the next one that writes to the
// bucket removes it. An object outlives the process that stored it; that it also outlives a loss of power is promised
// only with Sync, which waits for the disk at each Put.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"sshell/pipes/objstore"
)

// Root is the root that belongs to the environment that getenv reads: sshell/s3 in the user's XDG data folder.
func Root(getenv func(string) string) (string, error) {
	data := getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) { // which the specification tells to ignore
		home := getenv("HOME")
		if !filepath.IsAbs(home) {
			return "", errors.New("find the folder for s3://: neither XDG_DATA_HOME nor HOME is an absolute path")
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "sshell", "s3"), nil
}

// Buckets gives a Store for each folder of Root.
type Buckets struct {
	Root string // an absolute path; it need not exist
	Sync bool   // for each Store

	mu     sync.Mutex
	stores map[string]*Store
}

// Bucket implements objstore.Buckets. The first Put makes the bucket.
func (b *Buckets) Bucket(_ context.Context, name string) (objstore.Store, error) {
	if err := objstore.CheckBucket(name); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(b.Root) {
		return nil, fmt.Errorf("open bucket %s: root %q is no absolute path", name, b.Root)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stores == nil {
		b.stores = map[string]*Store{}
	}
	if b.stores[name] == nil {
		b.stores[name] = New(filepath.Join(b.Root, name))
		b.stores[name].Sync = b.Sync
	}
	return b.stores[name], nil
}

// BucketNames implements objstore.BucketLister.
func (b *Buckets) BucketNames(context.Context) ([]string, error) {
	entries, err := os.ReadDir(b.Root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list buckets: %w", err)
	}
	var names []string
	for _, e := range entries {
		if objstore.CheckBucket(e.Name()) == nil && isFolder(filepath.Join(b.Root, e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
