// Command bootstrap is the function that the emulator's tests run. An event says what it does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do      string
	Text    string
	Size    int
	Status  int
	Address string // of a listener of the test; who connects says who he is, and waits until it hangs up
}

type answer struct {
	Process   string // different in each process
	Request   string
	Remaining int64 // milliseconds to the deadline
	Arn       string
	Text      string
}

var process = fmt.Sprint(time.Now().UnixNano())

func main() {
	if len(os.Args) == 3 && os.Args[1] == "meet" {
		meet(os.Args[2], "child")
		return
	}
	if os.Getenv("FAIL") == "init" {
		fmt.Println("cannot start")
		os.Exit(7)
	}
	lambda.Start(handle)
}

func meet(address, word string) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(c, word)
	io.Copy(io.Discard, c)
}

// late is a response after which the process goes on.
type late struct {
	body    io.Reader
	address string
}

func (l late) Read(p []byte) (int, error) { return l.body.Read(p) }

func (l late) Close() error {
	meet(l.address, "late")
	return nil
}

// broken is a response that fails after its first bytes.
type broken struct{ body io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err == io.EOF {
		err = errors.New("broke off")
	}
	return n, err
}

func handle(ctx context.Context, ev event) (any, error) {
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	a := answer{process, lc.AwsRequestID, time.Until(deadline).Milliseconds(), lc.InvokedFunctionArn, ev.Text}
	switch ev.Do {
	case "sleep":
		time.Sleep(time.Duration(ev.Size) * time.Millisecond)
	case "log":
		fmt.Println(ev.Text)
	case "exit":
		os.Exit(ev.Status)
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "error":
		return nil, errors.New(ev.Text)
	case "meet":
		meet(ev.Address, process)
	case "hang":
		child := exec.Command("/proc/self/exe", "meet", ev.Address)
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			return nil, err
		}
		meet(ev.Address, "parent")
	case "memory":
		var held [][]byte
		for range ev.Size {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = byte(i)
			}
			held = append(held, b)
		}
		a.Text = fmt.Sprint(len(held))
	case "size":
		return strings.NewReader(strings.Repeat("x", ev.Size)), nil
	case "broken":
		return broken{strings.NewReader(ev.Text)}, nil
	case "late":
		return late{strings.NewReader(process), ev.Address}, nil
	case "files":
		a.Text = files()
	}
	return a, nil
}

// files says what the process sees of the machine and may write to.
func files() string {
	var said []string
	for _, path := range []string{"/bin/sh", "/etc/passwd", "/root"} {
		if _, err := os.Stat(path); err == nil {
			said = append(said, "sees "+path)
		}
	}
	for _, path := range []string{"/x", "/var/task/x", "/tmp/x", "/dev/null"} {
		if err := os.WriteFile(path, []byte("x"), 0o644); err == nil {
			said = append(said, "writes "+path)
		}
	}
	f, err := os.Create("/tmp/big")
	if err == nil {
		n, _ := io.Copy(f, io.LimitReader(zeros{}, 600<<20))
		f.Close()
		os.Remove("/tmp/big")
		if n < 600<<20 {
			said = append(said, "bounded /tmp")
		}
	}
	return strings.Join(said, ", ")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
