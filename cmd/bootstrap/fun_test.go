package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"

	sshelllambda "sshell/lambda"
	"sshell/pipes/objstore/dir"
	"sshell/remote"
)

// funPackage is where scripts/setup puts @vercel/fun, an implementation of the runtime API that knows nothing of ours.
const funPackage = "../../.tools/fun/node_modules/@vercel/fun"

// fun is a function under it. It is a lambda.Invoker, for one call at a time.
type fun struct {
	in  io.Writer
	out *bufio.Reader
}

// Invoke implements lambda.Invoker.
func (f *fun) Invoke(_ context.Context, _ string, payload []byte, take func([]byte) error) error {
	out, err := f.ask(payload)
	if err != nil {
		return err
	}
	if out.FunctionError != nil {
		return &sshelllambda.FunctionError{Note: out.Payload}
	}
	return take(out.Payload)
}

func (f *fun) ask(payload []byte) (*sdk.InvokeOutput, error) {
	if _, err := io.WriteString(f.in, base64.StdEncoding.EncodeToString(payload)+"\n"); err != nil {
		return nil, err
	}
	line, err := f.out.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var result struct {
		StatusCode    int32
		FunctionError string
		Payload       []byte
	}
	if err := json.Unmarshal(line, &result); err != nil {
		return nil, err
	}
	out := &sdk.InvokeOutput{StatusCode: result.StatusCode, Payload: result.Payload}
	if result.FunctionError != "" {
		out.FunctionError = &result.FunctionError
	}
	return out, nil
}

// startFun starts it with this program. The variables are the function's.
func startFun(t *testing.T, variables map[string]string) *fun {
	t.Helper()
	pkg, err := filepath.Abs(funPackage)
	if err == nil {
		_, err = os.Stat(pkg)
	}
	if err != nil {
		t.Fatalf("%v: scripts/setup installs it", err)
	}
	text, err := json.Marshal(variables)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "testdata/fun.js", pkg, filepath.Dir(program), string(text))
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	return &fun{in, bufio.NewReader(out)}
}

// TestOtherRuntimeAPI runs tasks under a runtime API that is not ours, which says that each invocation's time ended in 1970, and stops
// the process with SIGSTOP between two; and has it send what is no request.
func TestOtherRuntimeAPI(t *testing.T) {
	buckets := &dir.Buckets{Root: t.TempDir()}
	f := startFun(t, map[string]string{"SSHELL_S3_DIR": buckets.Root, "SSHELL_TMP": t.TempDir()})
	store, err := buckets.Bucket(t.Context(), "work-bucket")
	if err != nil {
		t.Fatal(err)
	}
	r, err := sshelllambda.New(sshelllambda.Config{Invoker: f, Function: "sshell", Bucket: "work-bucket", Store: store})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"first", "second"} {
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		task := source("echo " + word + " task; exit 3")
		task.Run, task.Environ = "run", []string{"PATH=" + os.Getenv("PATH")}
		result, err := r.Run(t.Context(), task, remote.Streams{Stdout: out, Stderr: os.Stderr})
		if err != nil || len(result.Statuses) != 1 || result.Statuses[0] != 3 {
			t.Errorf("%s: %+v, %v", word, result, err)
		}
		if said, err := os.ReadFile(out.Name()); err != nil || string(said) != word+" task\n" {
			t.Errorf("%s: it wrote %q, %v", word, said, err)
		}
		for _, c := range []struct {
			payload, says string
			failed        bool
		}{
			{`{"sshell"`, "unexpected EOF", true},
			{`{"sshell":99,"body":"AA=="}`, "version 99", false},
			{`[]`, `"error"`, false},
		} {
			answer, err := f.ask([]byte(c.payload))
			if err != nil || (aws.ToString(answer.FunctionError) != "") != c.failed || !bytes.Contains(answer.Payload, []byte(c.says)) {
				t.Errorf("%s: %v, %+v, %s", c.payload, err, answer, answer.Payload)
			}
		}
	}
	if err := r.End(t.Context(), "run"); err != nil {
		t.Error(err)
	}
	if keys := list(t, store); len(keys) > 0 {
		t.Errorf("left in the bucket: %s", strings.Join(keys, " "))
	}
}
