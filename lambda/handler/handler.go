// Package handler is the function's side of package lambda: it turns the payload of an invocation into a run of its task, and
// the outcome into the answer. It knows no runtime, no SDK and no store, only their seams.
//
// # What is promised
//
// An invocation leaves nothing to the next in the same environment: its working directory is fresh, and everything in
// Config.Tmp is removed after it; all processes that it started are killed, those too that left their group or lost their
// parents (on Linux, where functions run); the variables of the environment are the task's and those of
// Config.Environ; directory and umask of this process stay as they are, and all descriptors are closed. What is
// kept is the last snapshot that tasks shared, and artifacts, each checked before it is used again. Where that cannot be had Handle fails, and the process is to end.
//
// A task runs with the client's own programs, see place.go: each in a folder below Config.Tmp that has the client's paths,
// where the task's working directory stands too, so that names that lead upwards are the client's. PATH has the client's folders
// as far as something of them was shipped, and then the function's own. A program that source names by its path from the root on
// is found there too (SSHELL_ROOT names that folder), unless another program is to start it. A program that the client does not have, or
// that was not seen to be called, is the function's.
//
// Standard input is a pipe; where it is a file on the client, or an object, and more than one command of the first stage may
// read it, it is a file here too, if it is not larger than 256 MiB and half of what is free in Config.Tmp.
//
// Output goes live with the answer as it comes, and into a stream after its first lambda.LiveMax bytes; where the task names
// an object, that appears when the task has ended with a result, as package stored has it. A background process that
// outlives the task's stages is killed with them: its output ends there. Files that the task gives back are in the answer's
// end, or in an object.
//
// Attempts may be made beside each other. They share the working directory, as tasks on the client's machine do, and what they ship;
// their background processes are killed when the last has ended.
//
// A task is stopped lambda.StopMargin before the deadline of the invocation, and when the request's mark is found in
// the store and says so; one that says that an output has no reader any more closes it, as a pipe does. The mark is looked for
// every lambda.LookEvery, and removed when nothing will be written any more.
package handler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"sshell/interp/plan"
	"sshell/lambda"
	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/remote"
	"sshell/remote/ship/artifact"
	"sshell/remote/ship/relocate"
	"sshell/remote/worker"
)

// Config is how a Handler is made.
type Config struct {
	// Buckets holds parts, streams and marks, and the objects that tasks read.
	Buckets objstore.Buckets
	// Streams is the transport of a run's streams; nil means lambda.Streams.
	Streams func(store objstore.Store, run string) pipes.Transport
	// Self and Shell are as in worker.Config.
	Self, Shell []string
	// Agent is the argument by which a process of this program is a shell's agent. Those get some time to part, so that
	// what they have stored is removed and the functions that they started are stopped. Empty where there are none.
	Agent string
	// Environ is what is added to the environment of each task, as NAME=VALUE; the task's own variables come before it.
	Environ []string
	// Tmp is a folder that is the function's alone: all in it but artifacts is removed after each invocation. Where its name
	// has no more than four bytes, as /tmp has, the client's programs are placed in it; elsewhere this machine's own are taken
	// for them.
	Tmp string
}

// Handler handles invocations, one at a time.
type Handler struct {
	cfg Config

	mu     sync.Mutex
	cache  *artifact.Cache
	place  *relocate.Place // of the client's programs; nil where this machine's are the same
	digest string          // of the shared part that is kept
	shared lambda.Shared

	programsDigest string // of the list of programs that is kept
	programs       *artifact.Manifest

	ahead  *worker.Ahead // of the next task, nil for none
	killed atomic.Bool   // something that the last task has left was killed
	served bool          // there was an invocation
	shell  atomic.Bool   // the invocation has source to run
}

// New makes a Handler. On Linux this process takes in the orphans of the processes that it starts, from now on.
func New(cfg Config) (*Handler, error) {
	if cfg.Streams == nil {
		cfg.Streams = lambda.Streams
	}
	if !filepath.IsAbs(cfg.Tmp) || filepath.Clean(cfg.Tmp) == "/" {
		return nil, fmt.Errorf("set up handler: %q is no folder of its own", cfg.Tmp)
	}
	if err := adoptOrphans(); err != nil {
		return nil, fmt.Errorf("set up handler: %w", err)
	}
	h := &Handler{cfg: cfg}
	if err := h.openCache(); err != nil {
		return nil, fmt.Errorf("set up handler: %w", err)
	}
	return h, nil
}

// Handle makes the attempt that a payload asks for and gives the payload of the answer. An error says that this process
// cannot be trusted with another invocation. It comes from the reader, as the answer does while the attempt is made; that has
// to be read to its end.
func (h *Handler) Handle(ctx context.Context, payload []byte) (io.Reader, error) {
	ctx = unhurried(ctx)
	req, err := lambda.DecodeRequest(payload)
	if err != nil {
		answer, err := lambda.EncodeRefusal(err)
		return bytes.NewReader(answer), err
	}
	r, w := io.Pipe()
	go h.serve(ctx, req, w)
	return r, nil
}

// serve answers a request, and when the answer is out sees to the next.
func (h *Handler) serve(ctx context.Context, req *lambda.Request, w *io.PipeWriter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin()
	err := h.live(ctx, req, lambda.NewLive(w))
	w.CloseWithError(err)
	if err == nil {
		h.again()
	}
}

func (h *Handler) live(ctx context.Context, req *lambda.Request, live *lambda.Live) error {
	answer, err := h.answer(ctx, req, live)
	if err != nil {
		return err
	}
	return live.End(answer)
}

// answer makes the attempt and gives the payload of its end.
func (h *Handler) answer(ctx context.Context, req *lambda.Request, live *lambda.Live) ([]byte, error) {
	i := &invocation{h: h, req: req, live: live, end: h.endKin}
	response := i.run(ctx)
	if i.survivors != nil {
		return nil, i.survivors
	}
	if err := h.tidy(); err != nil {
		return nil, err
	}
	return lambda.EncodeResponse(response)
}

// tidy makes Config.Tmp as it was.
func (h *Handler) tidy() error {
	entries, err := os.ReadDir(h.cfg.Tmp)
	if err != nil {
		return fmt.Errorf("tidy up: %w", err)
	}
	for _, e := range entries {
		if e.Name() == cacheName {
			continue
		}
		if err := remove(filepath.Join(h.cfg.Tmp, e.Name())); err != nil {
			return fmt.Errorf("tidy up: %w", err)
		}
	}
	return nil
}

// remove removes a file or folder, folders without permissions too.
func remove(path string) error {
	if os.RemoveAll(path) == nil {
		return nil
	}
	filepath.WalkDir(path, func(name string, d fs.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			os.Chmod(name, 0o700) // before it is read
		}
		return nil
	})
	return os.RemoveAll(path)
}

// task gives the task of a request, whole.
func (h *Handler) task(ctx context.Context, store objstore.Store, req *lambda.Request) (*remote.Task, error) {
	data, err := req.Task.Fetch(ctx, store, req.Run)
	if err != nil {
		return nil, fetchError(err)
	}
	t, err := remote.DecodeTask(data)
	if err != nil {
		return nil, refused(err)
	}
	if d := req.Shared.Digest; d == "" || d != h.digest {
		data, err := req.Shared.Fetch(ctx, store, req.Run)
		if err != nil {
			return nil, fetchError(err)
		}
		var shared lambda.Shared
		if len(data) > 0 {
			err = plan.Unmarshal(data, &shared)
		}
		if err != nil {
			return nil, refused(fmt.Errorf("read snapshot: %w", err))
		}
		h.digest, h.shared = d, shared
	}
	t.Snapshot, t.Environ = h.shared.Snapshot, h.shared.Environ
	return t, nil
}

// fetchError tells a part that is not there from a store that did not answer.
func fetchError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return refused(err)
	}
	return fmt.Errorf("%w: %w", err, remote.ErrLost)
}

// refused is an error of the machinery before anything of the task was started.
func refused(err error) error {
	return &remote.NotStartedError{Status: plan.StatusMachinery, Err: err}
}
