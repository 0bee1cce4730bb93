package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// accountID is the account that everything belongs to.
const accountID = "000000000000"

// Config says how a Server serves.
type Config struct {
	// AccessKey and SecretKey are the account's. Both must be set.
	AccessKey, SecretKey string
	// Identities is a file that the server writes for the S3 server (S3Config.Identities): the users and roles of the account with their
	// keys and policies. Without it S3 knows none of them, and functions use it with the account's own key.
	Identities string
	// Region is what requests must be signed for; us-east-1 if it is empty.
	Region string
	// Address is the loopback address and port to listen on; 127.0.0.1 and a free port if it is empty.
	Address string
	// Dir is an existing folder for code; a temporary one if it is empty. What the server puts there is gone after Close.
	Dir string
	// S3 is the endpoint of the S3 server that has the code of functions whose calls name it there; without one they cannot.
	S3 string
	// Environ are further variables, NAME=value, that every function sees, such as the S3 server's endpoint; this server's
	// endpoints they see anyway. The function's own win.
	Environ []string
	// Self is an argument vector that runs RunEnvironment, and ends with its status. It must be set.
	Self []string
	// HostRoot leaves environments the machine's files and programs.
	HostRoot bool
	// ColdStart is added to the start of each environment, Latency to each call.
	ColdStart, Latency time.Duration
	// Ahead is by how much the services' clock is ahead of this machine's; it may be negative.
	Ahead time.Duration
	// Concurrency is how many invocations there may be at a time; 1000 if it is 0.
	Concurrency int
	// RetryDelay is the wait before the first retry of an asynchronous invocation, twice that before the second; a minute
	// if it is 0.
	RetryDelay time.Duration
	// Faults are what goes wrong with calls and invocations; nothing if it is nil.
	Faults *Faults
	// Logs gets what functions write, and the service's lines around it, if it is not nil. Writes come one at a time.
	Logs io.Writer
	// Warn is told once, in one line, of each promise that this machine cannot keep, if it is not nil.
	Warn func(line string)
}

// Server is a running emulator.
type Server struct {
	Config
	url    string
	ctx    context.Context // ends when the server closes
	cancel context.CancelFunc
	http   *http.Server
	tasks  sync.WaitGroup // environments and asynchronous invocations
	logs   sync.Mutex     // held while Logs is written to

	mu        sync.Mutex // guards what follows, and all functions and environments
	functions map[string]*function
	roles     map[string]*role
	users     map[string]*user
	known     map[string]*identity // by access key
	closed    bool
	warned    map[string]bool
	tempDir   *Dir // nil if the folder is the caller's
}

// Start starts a server. It serves until Close.
func Start(c Config) (*Server, error) {
	if c.AccessKey == "" || c.SecretKey == "" {
		return nil, errors.New("start emulator: no access key, or no secret key")
	}
	if len(c.Self) == 0 {
		return nil, errors.New("start emulator: no program that runs environments")
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Address == "" {
		c.Address = "127.0.0.1:0"
	}
	if c.Concurrency == 0 {
		c.Concurrency = defaultConcurrency
	}
	if c.RetryDelay == 0 {
		c.RetryDelay = defaultRetryDelay
	}
	if err := checkLoopback(c.Address); err != nil {
		return nil, fmt.Errorf("start emulator: %w", err)
	}
	s := &Server{Config: c, functions: map[string]*function{}, roles: map[string]*role{}, users: map[string]*user{}, warned: map[string]bool{}}
	if err := s.openDir(); err != nil {
		return nil, fmt.Errorf("start emulator: %w", err)
	}
	l, err := net.Listen("tcp", c.Address)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start emulator: %w", err), s.removeDir())
	}
	s.url = "http://" + l.Addr().String()
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.http = &http.Server{Handler: s.withFaults(s.handler()), ReadHeaderTimeout: time.Minute}
	s.tasks.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.warn("serve: " + err.Error())
		}
	})
	return s, nil
}

// openDir settles the folder for code, by an absolute name: the process may change its directory.
func (s *Server) openDir() (err error) {
	if s.Dir == "" {
		if s.tempDir, err = OpenDir(); err != nil {
			return err
		}
		s.Dir = s.tempDir.Path
	} else if s.Dir, err = filepath.Abs(s.Dir); err != nil {
		return err
	}
	return os.MkdirAll(s.codeDir(), 0o755)
}

func (s *Server) codeDir() string { return filepath.Join(s.Dir, "code") }

func (s *Server) removeDir() error {
	if s.tempDir != nil {
		return s.tempDir.Close()
	}
	return os.RemoveAll(s.codeDir())
}

// URL is the endpoint of Lambda, IAM and STS.
func (s *Server) URL() string { return s.url }

// Close ends all environments, fails the invocations that run, drops asynchronous ones, and removes what the server stored.
// When it returns no process is left.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, f := range s.functions {
		f.retire(true)
	}
	s.mu.Unlock()
	s.cancel()
	err := s.http.Close()
	s.tasks.Wait()
	return errors.Join(err, s.removeDir())
}

// warn tells of a promise that cannot be kept, once.
func (s *Server) warn(line string) {
	s.mu.Lock()
	said := s.warned[line]
	s.warned[line] = true
	s.mu.Unlock()
	if !said && s.Warn != nil {
		s.Warn(line)
	}
}

// pause waits for d, or until the server closes, and says whether it waited in full.
func (s *Server) pause(d time.Duration) bool {
	if d <= 0 {
		return s.ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
