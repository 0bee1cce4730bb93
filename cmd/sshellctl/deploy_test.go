package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sshell/lambda/deploy"
)

// programs are all of them as they are installed.
type programs struct{ dir string }

// install builds them.
func install(t *testing.T) programs {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -X sshell/remote/agent.stamp=v1", "-o", dir,
		"../sshell", "../sshell-agent", "../sshellctl", "../bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return programs{dir}
}

// zip makes a small zip that deploy takes, of a program of this machine, and gives its path.
func (p programs) zip(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bootstrap", "sshell"} {
		if err := os.WriteFile(filepath.Join(dir, name), program, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	code, err := deploy.Pack(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "function.zip")
	if err := os.WriteFile(path, code.Zip, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// shell runs a script with the programs on its PATH and a home of its own, inside the emulator's account or, without
// one, with no account at all.
func (p programs) shell(t *testing.T, emulated bool, script string) (stdout, stderr string, status int) {
	t.Helper()
	home := t.TempDir()
	argv := []string{"sh", "-c", script}
	if emulated {
		argv = append([]string{filepath.Join(p.dir, "sshellctl"), "emulate", "--bare", "--"}, argv...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &errs, home
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "SSHELL_") && !strings.HasPrefix(v, "XDG_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+home, "PATH="+p.dir+":"+os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true")
	cmd.Run() // its status is given
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestAccounts(t *testing.T) {
	p := install(t)
	t.Run("life", p.testLife)
	t.Run("bad", p.testBad)
	t.Run("policy", p.testPolicy)
}

// testLife goes through the life of a deployment.
func (p programs) testLife(t *testing.T) {
	const script = `
deploy() { echo "> $*"; sshellctl "$@"; echo "< $?"; }
deploy doctor
deploy deploy --memory 512 --timeout 1m
deploy deploy
deploy doctor
sshell -c 'echo mine > s3://sshell-000000000000-us-east-1/mine' || exit
deploy undeploy </dev/null 2>&1
deploy undeploy --yes
deploy undeploy
cat .local/state/sshell/deploy.toml
`
	out, errs, status := p.shell(t, true, script)
	if status != 0 || errs != "" {
		t.Errorf("status %d: %s", status, errs)
	}
	rest := out
	for _, want := range []string{
		"> doctor", "wrong  bucket: none is set", "wrong  function: none is set", "< 1",
		"> deploy", "+ bucket sshell-000000000000-us-east-1", "+ role sshell-us-east-1", "+ function sshell: ", "512 MB, 1m0s, build v1", "recorded in ", "< 0",
		"> deploy", "= bucket", "= role", "= function sshell: ", "512 MB, 60s, build v1", "< 0",
		"> doctor", "ok     agent: ", "ok     bucket", "ok     function sshell: ", "ok     function sshell: runs a stage that reads and writes", "< 0",
		"> undeploy", "sshellctl: undeploy: bucket sshell-000000000000-us-east-1: it holds objects that are yours, such as mine: nothing was removed", "< 125",
		"> undeploy", "- function sshell", "- role sshell-us-east-1", "- bucket", "< 0",
		"> undeploy", "= bucket sshell-000000000000-us-east-1: there is none", "= function sshell: there is none", "= role", "< 0",
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("no %q, or not there, in\n%s", want, out)
		}
		rest = after
	}
	if strings.Contains(rest, "[[deploy]]") {
		t.Errorf("the record stays: %s", rest)
	}
}

func (p programs) testBad(t *testing.T) {
	zip := " --zip " + p.zip(t)
	const keys = "export AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=s AWS_REGION=us-east-1; "
	for _, c := range []struct {
		name     string
		emulated bool
		script   string
		status   int
		want     string // in what it says, one line
	}{
		{"no credentials", false, "AWS_REGION=us-east-1 sshellctl deploy" + zip, 125, "sshellctl: deploy: account: no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID"},
		{"no credentials for the doctor", false, "AWS_REGION=us-east-1 sshellctl doctor | grep wrong; exit 1", 1, "wrong  credentials: no credentials: set AWS_PROFILE"},
		{"no region", false, "sshellctl deploy", 125, "sshellctl: deploy: no region: set AWS_REGION, or region in .sshell.toml"},
		{"nobody there", false, keys + "AWS_MAX_ATTEMPTS=1 AWS_ENDPOINT_URL=http://127.0.0.1:1 sshellctl undeploy", 125, "sshellctl: undeploy: account: cannot reach 127.0.0.1:1: connect: connection refused"},
		{"no profile", false, "sshellctl deploy --profile moon", 125, "sshellctl: deploy: profile moon: there is none in the AWS configuration"},
		{"bad file", false, "echo 'bukket = 1' >.sshell.toml; sshellctl policy", 125, "/.sshell.toml:1: bukket: no such setting"},
		{"wrong key", true, "AWS_ACCESS_KEY_ID=AKIDWRONG sshellctl deploy" + zip, 125, "account: the access key is not known"},
		{"wrong secret", true, "AWS_SECRET_ACCESS_KEY=wrong sshellctl deploy" + zip, 125, "account: the secret key is not the right one"},
		{"wrong region", true, "AWS_REGION=eu-central-1 sshellctl deploy" + zip, 125, "account: it is another region's: set AWS_REGION"},
		{"missing function", true, "sshellctl deploy" + zip + " >/dev/null; SSHELL_BUCKET=sshell-000000000000-us-east-1 SSHELL_FUNCTION=f sshellctl doctor | grep wrong; exit 1",
			1, "wrong  function f: there is none in us-east-1: make it with sshellctl deploy"},
		{"other processor", true, `sshellctl deploy --arch "$(case $(uname -m) in x86_64) echo arm64;; *) echo x86_64;; esac)"`, 125, "give --arch "},
		{"no zip", true, "sshellctl deploy --zip nothing.zip", 125, "sshellctl: deploy: nothing.zip: no such file or directory"},
		{"zip and image", true, "sshellctl deploy --zip a --image b", 125, "--zip and --image: a function has one of them"},
		{"much memory", true, "sshellctl deploy --memory 99999" + zip, 125, "memory 99999: a function has 128 to 10240 MB"},
		{"no number", true, "sshellctl deploy --memory lots", 125, `--memory: "lots": it is a number of MB`},
		{"argument", false, "sshellctl policy lambda", 2, "sshellctl policy: lambda: unexpected argument"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, status := p.shell(t, c.emulated, c.script)
			said := out + errs
			if status != c.status || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
				t.Errorf("status %d, want %d and %q:\n%s", status, c.status, c.want, said)
			}
		})
	}
	if _, errs, status := p.shell(t, false, "sshellctl doctor --nonsense"); status != 2 || !strings.Contains(errs, "not defined") {
		t.Errorf("status %d: %s", status, errs)
	}
	if _, errs, status := p.shell(t, false, "sshellctl deploy --help"); status != 0 || !strings.Contains(errs, "-role-arn ARN") {
		t.Errorf("status %d: %s", status, errs)
	}
}

func (p programs) testPolicy(t *testing.T) {
	out, errs, status := p.shell(t, false, "sshellctl policy --account 123456789012 --region eu-central-1 --function f")
	if status != 0 || errs != "" || !strings.Contains(out, `"arn:aws:lambda:eu-central-1:123456789012:function:f"`) || !strings.Contains(out, "iam:PassRole") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
}

func TestAsk(t *testing.T) {
	for in, want := range map[string]bool{"y\n": true, " YES \n": true, "n\n": false, "\n": false, "": false, "y": false} {
		if got := ask(strings.NewReader(in), io.Discard, "?"); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}
