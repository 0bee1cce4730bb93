package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
	"sshell/remote/files"
)

// operation is what is done with a named object.
type operation uint8

const (
	statFile operation = iota + 1
	globFiles
	fetchFile // into the frame's file
	storeFile // from the frame's file
	addFile   // the same, to what is there
)

// fileRequest is an operation as it travels.
type fileRequest struct {
	Operation operation `cbor:"o"`
	Name      string    `cbor:"n"`
}

// file does what a frame asks for.
func (s *server) file(ctx context.Context, f *frame, a *answer) error {
	var r fileRequest
	if f.lost {
		return errLostFiles
	}
	if err := plan.Unmarshal(f.body, &r); err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	if s.files == nil {
		return errors.New("the agent serves no files")
	}
	switch r.Operation {
	case statFile:
		st, err := s.files.Stat(ctx, r.Name)
		if err == nil {
			a.Info = &files.Info{Base: st.Name(), Bytes: st.Size(), Changed: st.ModTime(), Folder: st.IsDir()}
		}
		return err
	case globFiles:
		var err error
		a.Lines, err = s.files.Glob(ctx, r.Name)
		return err
	}
	if len(f.files) != 1 {
		return fmt.Errorf("read request: %w", errFrame)
	}
	switch r.Operation {
	case fetchFile:
		return s.files.Fetch(ctx, r.Name, f.files[0])
	case storeFile, addFile:
		return s.files.Store(ctx, r.Name, r.Operation == addFile, f.files[0])
	}
	return fmt.Errorf("read request: %w", errFrame)
}

// Named is a plan.Files whose objects the agent of a Client fetches and stores: in files without a name of this machine, which
// the agent gets by their descriptors. The agent is one for the environment that the call's context has (plan.Environ).
type Named struct {
	client *Client
}

// Files gives a plan.Files of names s3://bucket/key. It may be used concurrently.
func (c *Client) Files() *Named { return &Named{c} }

var _ plan.Files = (*Named)(nil)

// do has the agent do something with an object.
func (n *Named) do(ctx context.Context, o operation, name string, with ...*os.File) (*answer, error) {
	body, err := plan.Marshal(fileRequest{o, name})
	if err != nil {
		return nil, err
	}
	a, err := n.client.send(ctx, kindFile, plan.Environ(ctx), "", body, with)
	if err != nil {
		return nil, err
	}
	return a, a.failure(ctx)
}

// Has implements plan.Files.
func (n *Named) Has(name string) bool { return objstore.IsURL(name) }

// Stat implements plan.Files.
func (n *Named) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	a, err := n.do(ctx, statFile, name)
	if err != nil {
		return nil, err
	}
	if a.Info == nil {
		return nil, errFrame
	}
	return *a.Info, nil
}

// Glob implements plan.Files.
func (n *Named) Glob(ctx context.Context, pattern string) ([]string, error) {
	a, err := n.do(ctx, globFiles, pattern)
	if err != nil {
		return nil, err
	}
	return a.Lines, nil
}

// Open implements plan.Files.
func (n *Named) Open(ctx context.Context, name string) (*os.File, error) {
	file, err := files.Scratch()
	if err != nil {
		return nil, err
	}
	if _, err := n.do(ctx, fetchFile, name, file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// Create implements plan.Files. What is wrong with the name is said at once; the object's store is asked when it is committed.
func (n *Named) Create(ctx context.Context, name string, add bool) (plan.Output, error) {
	u, err := objstore.ParseURL(name)
	if err == nil {
		err = objstore.CheckKey(u.Key)
	}
	if err != nil {
		return nil, err
	}
	file, err := files.Scratch()
	if err != nil {
		return nil, err
	}
	o := operation(storeFile)
	if add {
		o = addFile
	}
	// A commit goes on when the command that wrote was stopped, and in the environment that it had.
	env := plan.Environ(ctx)
	ctx = plan.WithEnviron(context.WithoutCancel(ctx), func() []string { return env })
	return &created{named: n, ctx: ctx, name: name, how: o, file: file}, nil
}

// created is an object that is being written.
type created struct {
	named *Named
	ctx   context.Context
	name  string
	how   operation
	file  *os.File
}

// File implements plan.Output.
func (c *created) File() *os.File { return c.file }

// Commit implements plan.Output.
func (c *created) Commit() error {
	defer c.file.Close()
	_, err := c.named.do(c.ctx, c.how, c.name, c.file)
	return err
}

// Abort implements plan.Output.
func (c *created) Abort() error { return c.file.Close() }
