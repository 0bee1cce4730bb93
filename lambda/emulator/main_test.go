package emulator

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	sshelllambda "sshell/lambda"
)

// environmentFlag makes the test's program an environment's first process.
const environmentFlag = "--environment"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == environmentFlag {
		os.Exit(RunEnvironment())
	}
	if len(os.Args) == 2 && os.Args[1] == serverFlag {
		os.Exit(runServer())
	}
	os.Exit(m.Run())
}

// function zip of the tests, built once.
var functionZip = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "bootstrap-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", path, "./testdata/bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build bootstrap: %w: %s", err, out)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return archive(map[string][]byte{"bootstrap": program})
})

// archive makes a zip of programs.
func archive(files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, body := range files {
		h := &zip.FileHeader{Name: name, Method: zip.Store}
		h.SetMode(0o755)
		f, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(body); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// service is an emulator under test, and the SDK's client of it.
type service struct {
	*Server
	client *lambda.Client
}

func serve(t *testing.T, change func(*Config)) *service {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := Config{AccessKey: "AKIDTEST", SecretKey: "secret", Dir: t.TempDir(), Self: []string{self, environmentFlag},
		Warn: func(line string) { t.Log("warned:", line) }}
	if change != nil {
		change(&c)
	}
	s, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(c.Dir); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return &service{s, client(s.URL(), c.SecretKey)}
}

func client(url, secret string) *lambda.Client {
	return sshelllambda.NewInvoker(aws.Config{BaseEndpoint: aws.String(url), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", secret, "")}).Client
}

// create makes the test's function.
func (s *service) create(t *testing.T, name string, change func(*lambda.CreateFunctionInput)) {
	t.Helper()
	archive, err := functionZip()
	if err != nil {
		t.Fatal(err)
	}
	in := &lambda.CreateFunctionInput{FunctionName: &name, Role: aws.String("arn:aws:iam::000000000000:role/r"),
		Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Timeout: aws.Int32(60), MemorySize: aws.Int32(512),
		Code: &types.FunctionCode{ZipFile: archive}}
	if change != nil {
		change(in)
	}
	if _, err := s.client.CreateFunction(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// result is what the test's function says.
type result struct {
	Process, Request, Arn, Text string
	Remaining                   int64
	ErrorType, ErrorMessage     string
}

// call invokes a function and gives its payload and the function error.
func (s *service) call(ctx context.Context, name, payload string) (result, string, error) {
	out, err := s.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: []byte(payload)})
	if err != nil {
		return result{}, "", err
	}
	var r result
	if err := json.Unmarshal(out.Payload, &r); err != nil {
		return result{}, "", fmt.Errorf("%w: %.100q", err, out.Payload)
	}
	return r, aws.ToString(out.FunctionError), nil
}

func (s *service) ok(t *testing.T, name, payload string) result {
	t.Helper()
	r, failed, err := s.call(t.Context(), name, payload)
	if err != nil || failed != "" {
		t.Fatalf("invoke %s: %v %s %+v", payload, err, failed, r)
	}
	return r
}

// meeting is a listener that processes of functions connect to, and wait at.
type meeting struct {
	l net.Listener
}

func meet(t *testing.T) *meeting {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &meeting{l}
}

func (m *meeting) event(do string) string {
	return fmt.Sprintf(`{"Do":%q,"Address":%q}`, do, m.l.Addr())
}

// guest is one that waits; it goes on when its connection is closed.
type guest struct {
	net.Conn
	lines *bufio.Reader
	word  string
}

func (m *meeting) guest(t *testing.T) *guest {
	t.Helper()
	c, err := m.l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{Conn: c, lines: bufio.NewReader(c)}
	t.Cleanup(func() { c.Close() })
	word, err := g.lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	g.word = strings.TrimSpace(word)
	return g
}

// died waits until the guest has ended.
func (g *guest) died() { g.lines.ReadByte() }
