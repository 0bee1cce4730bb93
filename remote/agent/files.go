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
	fetchFile     // into the frame's file
	storeFile     // from the frame's file
	addFile       // the same, to what is there
	composeFile   // of the request's content
	composeBehind // the same, behind what is there
	discard       // the request's content
)

// fileRequest is an operation as it travels.
type fileRequest struct {
	Operation operation     `cbor:"o"`
	Name      string        `cbor:"n"`
	Content   *plan.Content `cbor:"c,omitempty"`
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
	switch {
	case r.Content == nil:
	case r.Operation == discard:
		return s.files.Discard(ctx, *r.Content)
	case r.Operation == composeFile, r.Operation == composeBehind:
		return s.files.Compose(ctx, r.Name, r.Operation == composeBehind, *r.Content)
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
func (c *Client) Files() *Named {
	c.named.Store(true)
	return &Named{c}
}

var _ plan.Files = (*Named)(nil)

// do has the agent do something with an object.
func (n *Named) do(ctx context.Context, o operation, name string, with ...*os.File) (*answer, error) {
	return n.ask(ctx, fileRequest{Operation: o, Name: name}, with...)
}

func (n *Named) ask(ctx context.Context, r fileRequest, with ...*os.File) (*answer, error) {
	body, err := plan.Marshal(r)
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

	content *plan.Content // what it is made of instead of file, nil for that
}

var _ plan.ObjectOutput = (*created)(nil)

// Object implements plan.ObjectOutput.
func (c *created) Object() (name string, add bool) { return c.name, c.how == addFile }

// Make implements plan.ObjectOutput.
func (c *created) Make(content plan.Content) { c.content = &content }

// File implements plan.Output.
func (c *created) File() *os.File { return c.file }

// Commit implements plan.Output.
func (c *created) Commit() error {
	defer c.file.Close()
	if c.content == nil {
		_, err := c.named.do(c.ctx, c.how, c.name, c.file)
		return err
	}
	r := fileRequest{Operation: composeFile, Name: c.name, Content: c.content}
	if c.how == addFile {
		r.Operation = composeBehind
	}
	_, err := c.named.ask(c.ctx, r)
	return err
}

// Abort implements plan.Output.
func (c *created) Abort() error {
	err := c.file.Close()
	if c.content != nil {
		_, discardErr := c.named.ask(c.ctx, fileRequest{Operation: discard, Content: c.content})
		err = errors.Join(err, discardErr)
	}
	return err
}

// out is the agent's side of an object that a segment writes: it notes what the object is to be made of.
type out struct {
	outName
	content *plan.Content
}

// File implements plan.Output; what is written goes to the segment's standard output.
func (o *out) File() *os.File { return nil }

// Commit implements plan.Output; it is the client who commits.
func (o *out) Commit() error { return nil }

// Abort implements plan.Output.
func (o *out) Abort() error { return nil }

// Object implements plan.ObjectOutput.
func (o *out) Object() (name string, add bool) { return o.Name, o.Add }

// Make implements plan.ObjectOutput.
func (o *out) Make(content plan.Content) { o.content = &content }
