package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"sshell/lambda/emulator"
)

// The descriptors of the S3 server's process beside the first three: its order comes from one, until it is closed; the
// endpoint goes to the other.
const (
	storeOrderFD    = 3
	storeEndpointFD = 4
)

// storeGrace is how long the server may take to end: it waits for clients to close their connections, which those that keep idle
// ones do not. A request that is on its way takes less.
const storeGrace = time.Second

// storeOrder is what the S3 server is started with.
type storeOrder struct {
	Root, Key, Secret, Region, Address, Identities string
	Ahead                                          time.Duration
	Faults                                         *emulator.Faults
}

// store is the S3 server. It has a process of its own because it changes the working directory, in which the command is to
// run and by which its user names files.
type store struct {
	cmd      *exec.Cmd
	control  *os.File
	endpoint string
	ended    chan struct{} // closed when the process has ended
	err      error         // how, then
	stderr   bytes.Buffer
}

// startStore starts the server and waits until it serves.
func startStore(self string, o storeOrder) (*store, error) {
	order, control, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start s3: %w", err)
	}
	defer order.Close()
	from, to, err := os.Pipe()
	if err != nil {
		control.Close()
		return nil, fmt.Errorf("start s3: %w", err)
	}
	defer from.Close()
	s := &store{cmd: exec.Command(self, storeFlag), control: control, ended: make(chan struct{})}
	s.cmd.ExtraFiles = []*os.File{order, to}
	s.cmd.Stderr = &s.stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is the command's, which may still need it
	err = s.cmd.Start()
	to.Close()
	if err != nil {
		control.Close()
		return nil, fmt.Errorf("start s3: %w", err)
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	encodeErr := json.NewEncoder(control).Encode(o)
	endpoint, err := io.ReadAll(from)
	if err != nil || encodeErr != nil || len(endpoint) == 0 {
		s.control.Close()
		<-s.ended
		return nil, fmt.Errorf("start s3: %s", strings.TrimSpace(s.stderr.String()))
	}
	s.endpoint = string(endpoint)
	return s, nil
}

// stop stops the server. Its error is that of a server that had ended badly before.
func (s *store) stop() error {
	s.control.Close()
	<-s.ended
	if s.err != nil {
		return fmt.Errorf("serve s3: %w: %s", s.err, strings.TrimSpace(s.stderr.String()))
	}
	return nil
}

// serveStore is the S3 server's process.
func serveStore(stderr io.Writer) int {
	syscall.CloseOnExec(storeOrderFD)
	syscall.CloseOnExec(storeEndpointFD)
	order := os.NewFile(storeOrderFD, "order")
	endpoint := os.NewFile(storeEndpointFD, "endpoint")
	var o storeOrder
	if err := json.NewDecoder(order).Decode(&o); err != nil {
		fmt.Fprintf(stderr, "read order: %v\n", err)
		return statusFault
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		io.Copy(io.Discard, order) // until sshellctl closes it, or is gone
		cancel()
		time.AfterFunc(storeGrace, func() { os.Exit(0) })
	}()
	err := emulator.ServeS3(ctx, emulator.S3Config{
		Root: o.Root, AccessKey: o.Key, SecretKey: o.Secret, Region: o.Region, Address: o.Address, Identities: o.Identities, Ahead: o.Ahead, Faults: o.Faults,
		Ready: func(url string) {
			io.WriteString(endpoint, url) // an error means that sshellctl is gone
			endpoint.Close()
		},
	})
	if err != nil {
		fmt.Fprintln(stderr, err)
		return statusFault
	}
	return 0
}
