package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// callFlag makes the test's program call each of the services, with what its environment says.
const callFlag = "call-services"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case callFlag:
			if err := callServices(context.Background()); err != nil {
				io.WriteString(os.Stderr, err.Error())
				os.Exit(1)
			}
			os.Exit(0)
		case "emulate", environmentFlag, storeFlag:
			os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
		}
	}
	os.Exit(m.Run())
}

// callServices makes a bucket and an object, and lists functions, with the SDK as it comes.
func callServices(ctx context.Context) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	bucket, key := "lab", "a/b"
	store := s3.NewFromConfig(cfg)
	if _, err := store.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		return err
	}
	if _, err := store.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("data")}); err != nil {
		return err
	}
	if _, err := lambda.NewFromConfig(cfg).ListFunctions(ctx, &lambda.ListFunctionsInput{}); err != nil {
		return err
	}
	_, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	return err
}

// program is this program as sshellctl, with a temporary folder of its own, which must be empty at the end.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	t.Cleanup(func() {
		if left, _ := os.ReadDir(tmp); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_PROFILE=none")
	return cmd
}

func TestEmulateCommand(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what    string
		args    []string
		status  int
		message string
	}{
		{"status", []string{"--", "sh", "-c", "exit 7"}, 7, ""},
		{"signal", []string{"--", "sh", "-c", "kill -TERM $$"}, 143, ""},
		{"services", []string{"--", self, callFlag}, 0, ""},
		{"no program", []string{"--", "/no/such/program"}, 127, "no such file or directory"},
		{"no flag", []string{"--nonsense"}, 2, "not defined"},
		{"faults", []string{"--faults", "1", "--fault-rate", "1", "--fault-kinds", "slowdown", "--", self, callFlag}, 1, "SlowDown"},
		{"no seed", []string{"--fault-rate", "1", "--", "true"}, 2, "without --faults SEED"},
		{"no such fault", []string{"--faults", "1", "--fault-kinds", "fire", "--", "true"}, 2, "there are slowdown, throttle,"},
		{"no such rate", []string{"--faults", "1", "--fault-rate", "2", "--", "true"}, 2, "at most 1"},
		{"not loopback", []string{"--address", "0.0.0.0:0", "--", "true"}, 125, "only loopback is served"},
		{"not loopback for S3", []string{"--s3-address", "0.0.0.0:0", "--", "true"}, 125, "only loopback is served"},
	} {
		t.Run(c.what, func(t *testing.T) {
			cmd := program(t, append([]string{"emulate", "--bare"}, c.args...)...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			cmd.Run() // its status is compared
			if got := cmd.ProcessState.ExitCode(); got != c.status || !strings.Contains(stderr.String(), c.message) || c.message == "" && stderr.Len() > 0 {
				t.Errorf("status %d, want %d: %s", got, c.status, stderr.String())
			}
		})
	}
}

// TestEmulateStays has no command: the lines are printed, a program that has them reaches the services, objects stay in
// the folder that was named, and SIGTERM ends all.
func TestEmulateStays(t *testing.T) {
	dir := t.TempDir()
	cmd := program(t, "emulate", "--bare", "--dir", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	caller := exec.Command(cmd.Path, callFlag)
	caller.Env = os.Environ()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		v, ok := strings.CutPrefix(lines.Text(), "export ")
		if !ok {
			break
		}
		caller.Env = append(caller.Env, v)
	}
	if said, err := caller.CombinedOutput(); err != nil {
		t.Errorf("call services: %v: %s", err, said)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if data, err := os.ReadFile(dir + "/lab/a/b"); err != nil || string(data) != "data" {
		t.Errorf("object: %q, %v", data, err)
	}
}

// TestEmulateKilled kills an emulator: its S3 server ends, and the next emulator removes its folder.
func TestEmulateKilled(t *testing.T) {
	killed := program(t, "emulate", "--bare")
	out, err := killed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	var address string
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.HasPrefix(lines.Text(), "unset"); {
		if url, ok := strings.CutPrefix(lines.Text(), "export AWS_ENDPOINT_URL_S3=http://"); ok {
			address = url
		}
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.Wait() // killed
	if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
	next := exec.Command(killed.Path, "emulate", "--bare", "--", "true")
	next.Env = killed.Env
	if said, err := next.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("the next one: %v: %s", err, said)
	}
}

// TestEmulateSignals sends a signal to the emulator, whose command answers it in its own way.
func TestEmulateSignals(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		script string
		status int
	}{
		{syscall.SIGTERM, "trap 'exit 9' TERM; echo up; while :; do sleep 0.01; done", 9},
		{syscall.SIGHUP, "trap 'exit 8' HUP; echo up; while :; do sleep 0.01; done", 8},
		{syscall.SIGTERM, "echo up; while :; do sleep 0.01; done", 128 + 15},
	} {
		cmd := program(t, "emulate", "--bare", "--", "sh", "-c", c.script)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatalf("%q, %v", line, err)
		}
		if err := cmd.Process.Signal(c.signal); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() // its status is compared
		if got := cmd.ProcessState.ExitCode(); got != c.status {
			t.Errorf("%v: %s: status %d, want %d", c.signal, c.script, got, c.status)
		}
	}
}

// TestEmulateInEmulator has two emulators beside each other: what the inner one's command calls is the inner one.
func TestEmulateInEmulator(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Each makes the same bucket: in one account the second would be refused.
	script := `"$0" ` + callFlag + ` && exec "$0" emulate --bare -- "$0" ` + callFlag
	cmd := program(t, "emulate", "--bare", "--", "sh", "-c", script, self)
	if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%v: %s", err, said)
	}
}
