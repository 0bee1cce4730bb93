package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"sshell/remote"
)

// objects are the files that chunks are read from, each opened once: a run that reads one file in a thousand chunks sees
// one file throughout, even when its name is given to another meanwhile.
type objects struct {
	files Opener
	mu    sync.Mutex
	open  map[objectKey]*object
	idle  []*object // without users, the longest first
}

// objectKey names an object within a run: the next run opens it anew.
type objectKey struct{ run, name string }

// object is one open file. It is read at offsets only, never through its own.
type object struct {
	key   objectKey
	users int // guarded by objects.mu
	once  sync.Once
	file  *os.File
	err   error
}

// maxIdle is how many files stay open that nobody reads at the moment: tasks of a run that reads many small files
// come back to few.
const maxIdle = 16

func newObjects(files Opener) *objects {
	return &objects{files: files, open: make(map[objectKey]*object)}
}

// get gives the object that a task reads. The caller gives it back with put.
func (o *objects) get(ctx context.Context, t *remote.Task) (*object, error) {
	name := t.Input.Object
	named := o.files != nil && o.files.Has(name)
	if !named && !filepath.IsAbs(name) && t.Dir != "" {
		name = t.Dir + "/" + name
	}
	key := objectKey{t.Run, name}
	o.mu.Lock()
	o.dropOthers(t.Run)
	b := o.open[key]
	if b == nil {
		b = &object{key: key}
		o.open[key] = b
	}
	if b.users++; b.users == 1 {
		o.wake(b)
	}
	o.mu.Unlock()
	b.once.Do(func() {
		if named {
			b.file, b.err = o.files.Open(ctx, name)
		} else {
			b.file, b.err = openFile(name)
		}
	})
	if b.err != nil {
		o.put(b)
		return nil, bare(b.err)
	}
	return b, nil
}

// openFile opens a file that can be read at an offset. To open another, such as a named pipe, could take for ever.
func openFile(name string) (*os.File, error) {
	st, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case st.IsDir():
		return nil, syscall.EISDIR
	case st.Mode().Type()&^fs.ModeDevice != 0 || st.Mode()&fs.ModeCharDevice != 0:
		return nil, errNoOffsets
	}
	return os.Open(name)
}

// errNoOffsets is why a pipe, a socket or a terminal cannot be read in chunks.
var errNoOffsets = errors.New("cannot be read at an offset")

// put gives an object back.
func (o *objects) put(b *object) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if b.users--; b.users > 0 {
		return
	}
	if b.err != nil {
		o.drop(b)
		return
	}
	o.idle = append(o.idle, b)
	if len(o.idle) > maxIdle {
		o.drop(o.idle[0])
		o.idle = o.idle[1:]
	}
}

// wake takes an object off the list of idle ones.
func (o *objects) wake(b *object) {
	for i, c := range o.idle {
		if c == b {
			o.idle = append(o.idle[:i], o.idle[i+1:]...)
			return
		}
	}
}

// dropOthers closes the idle objects of other runs: they have ended, and their files may be gone.
func (o *objects) dropOthers(run string) {
	kept := o.idle[:0]
	for _, b := range o.idle {
		if b.key.run == run {
			kept = append(kept, b)
		} else {
			o.drop(b)
		}
	}
	o.idle = kept
}

func (o *objects) drop(b *object) {
	if o.open[b.key] == b {
		delete(o.open, b.key)
	}
	if b.file != nil {
		b.file.Close()
	}
}

func (o *objects) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.open {
		o.drop(b)
	}
	o.idle = nil
}

// bare is an error without the operation and path that package os puts around it: the message has them.
func bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
