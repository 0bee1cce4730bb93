package scripts

import (
	"os"
	"os/exec"
	"testing"
)

// TestAWSCommandLine has the aws command line, as Debian has it, make, call and remove a function in the emulator. It finds no
// settings of its user, and no function but that.
func TestAWSCommandLine(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", bin,
		"../cmd/sshell", "../cmd/sshell-agent", "../cmd/sshellctl", "../cmd/bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	tmp := t.TempDir()
	cmd := exec.Command(bin+"/sshellctl", "emulate", "--bare", "--", "emulate/awscli")
	cmd.Env = append(os.Environ(), "BIN="+bin, "AWS=/usr/bin/aws", "TMPDIR="+tmp, "HOME="+tmp, "XDG_STATE_HOME="+tmp, "XDG_CONFIG_HOME="+tmp)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("awscli: %v\n%s", err, out)
	}
	t.Logf("%s", out)
	left, err := os.ReadDir(tmp)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		t.Errorf("it left %s", f.Name())
	}
}
