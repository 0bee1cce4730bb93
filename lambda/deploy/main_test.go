package deploy

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sshell/lambda/emulator"
)

// What this program is when its first argument says so: the first process of a function's environment, or the S3 server,
// which takes a process of its own.
const (
	environmentFlag = "--environment"
	storeFlag       = "--store"
)

const (
	testKey    = "AKIDTEST"
	testSecret = "secret"
	testRegion = "us-east-1"
	defaultBkt = "sshell-000000000000-us-east-1"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case environmentFlag:
			os.Exit(emulator.RunEnvironment())
		case storeFlag:
			os.Exit(serveStore(os.Args[2]))
		}
	}
	os.Exit(m.Run())
}

// serveStore serves S3 over a folder until standard input ends. Its endpoint goes to standard output.
func serveStore(root string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	err := emulator.ServeS3(ctx, emulator.S3Config{Root: root, AccessKey: testKey, SecretKey: testSecret, Region: testRegion,
		Ready: func(endpoint string) {
			io.WriteString(os.Stdout, endpoint)
			os.Stdout.Close()
		}})
	if err != nil {
		io.WriteString(os.Stderr, err.Error())
		return 1
	}
	return 0
}

// refusal makes a service answer a call with an error, or shifts the time of its answers.
type refusal struct {
	call   string // how "METHOD /path Action" of a request begins, or what it has in it
	status int
	body   string
	times  int           // how often; 0 for always
	ahead  time.Duration // of the clock, if there is no status
}

// testAccount is the services of an account with clients, and a gate in front of them.
type testAccount struct {
	Clients
	objects *s3.Client
	gate    *gate
	folder  string // of the buckets
}

// gate passes requests on, or refuses them.
type gate struct {
	mu       sync.Mutex
	refusals []*refusal
}

func (g *gate) refuse(r refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusals = append(g.refusals, &r)
}

// match finds the refusal for a request, and uses it up.
func (g *gate) match(call string) *refusal {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.refusals {
		if !strings.Contains(call, r.call) || r.times < 0 {
			continue
		}
		if r.times > 0 {
			if r.times--; r.times == 0 {
				r.times = -1
			}
		}
		return r
	}
	return nil
}

// before puts the gate in front of a service.
func (g *gate) before(t *testing.T, endpoint string) string {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	// The host stays as it was signed.
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		call := r.Method + " " + r.URL.RequestURI()
		if form, err := url.ParseQuery(string(body)); err == nil && form.Has("Action") {
			call += " " + form.Get("Action")
		}
		refused := g.match(call)
		switch {
		case refused == nil:
			proxy.ServeHTTP(w, r)
		case refused.status == 0:
			p := *proxy
			p.ModifyResponse = func(out *http.Response) error {
				out.Header.Set("Date", time.Now().Add(refused.ahead).UTC().Format(http.TimeFormat))
				return nil
			}
			p.ServeHTTP(w, r)
		default:
			body := refused.body
			if text, ok := strings.CutPrefix(body, "json:"); ok {
				code, message, _ := strings.Cut(text, ":")
				w.Header().Set("X-Amzn-ErrorType", code)
				body = `{"message":"` + message + `"}`
			}
			w.WriteHeader(refused.status)
			io.WriteString(w, body)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// open starts the services.
func open(t *testing.T) *testAccount {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	a := &testAccount{gate: &gate{}, folder: t.TempDir()}
	store := exec.Command(self, storeFlag, a.folder)
	store.Stderr = os.Stderr
	in, err := store.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := store.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		store.Wait()
	})
	s3url, err := io.ReadAll(out)
	if err != nil || len(s3url) == 0 {
		t.Fatalf("no S3 server: %v", err)
	}
	l, err := emulator.Start(emulator.Config{AccessKey: testKey, SecretKey: testSecret, Region: testRegion, Dir: t.TempDir(),
		Self: []string{self, environmentFlag}, Warn: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	a.Clients = clients(testRegion, a.gate.before(t, string(s3url)), a.gate.before(t, l.URL()))
	a.objects = a.S3.(*s3.Client)
	return a
}

// clients are the SDK's, with as many tries as they have by default, but without its waits.
func clients(region, s3url, other string) Clients {
	cfg := aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider(testKey, testSecret, ""), RetryMaxAttempts: 1}
	return Clients{
		S3:     s3.NewFromConfig(cfg, func(o *s3.Options) { o.BaseEndpoint, o.UsePathStyle = &s3url, true }),
		IAM:    iam.NewFromConfig(cfg, func(o *iam.Options) { o.BaseEndpoint = &other }),
		Lambda: sdk.NewFromConfig(cfg, func(o *sdk.Options) { o.BaseEndpoint = &other }),
		STS:    sts.NewFromConfig(cfg, func(o *sts.Options) { o.BaseEndpoint = &other }),
	}
}

// deployer gives one whose waits take no time, and its report.
func (a *testAccount) deployer() (*Deployer, *bytes.Buffer) {
	var out bytes.Buffer
	return &Deployer{Clients: a.Clients, Out: &out, Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}, &out
}

// code is a zip of a program of this machine, twice.
var code = sync.OnceValues(func() (Code, error) {
	dir, err := os.MkdirTemp("", "deploy-test-")
	if err != nil {
		return Code{}, err
	}
	defer os.RemoveAll(dir)
	program, err := os.ReadFile("/bin/true")
	for _, name := range programNames {
		if err == nil {
			err = os.WriteFile(dir+"/"+name, program, 0o755)
		}
	}
	if err != nil {
		return Code{}, err
	}
	return Pack(dir, "")
})

// plan is a deployment of the default names.
func plan(t *testing.T) Plan {
	t.Helper()
	c, err := code()
	if err != nil {
		t.Fatal(err)
	}
	return Plan{Function: DefaultFunction, Region: testRegion, Code: c, Build: "v1"}
}
