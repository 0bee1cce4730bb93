package main

import (
	"context"
	"os"
	"sync"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/dir"
	"sshell/pipes/objstore/s3"
)

// buckets gives the objects that this function works on.
func buckets() objstore.Buckets {
	if root := os.Getenv("SSHELL_S3_DIR"); root != "" {
		return &dir.Buckets{Root: root}
	}
	return new(lazyS3)
}

// lazyS3 is S3, set up when it is first used: a function that is started asks for work first.
type lazyS3 struct {
	mu sync.Mutex
	s3 *s3.Buckets
}

// Bucket implements objstore.Buckets.
func (l *lazyS3) Bucket(ctx context.Context, name string) (objstore.Store, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.s3 == nil {
		var err error
		if l.s3, err = s3.Open(ctx); err != nil {
			return nil, err
		}
	}
	return l.s3.Bucket(ctx, name)
}
