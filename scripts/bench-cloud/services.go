package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// services are Lambda and S3 on this machine, with sshell's function deployed.
type services struct {
	dir       string            // is removed with them
	variables map[string]string // that lead to them
	emulate   *exec.Cmd
}

// open starts services.
func (l *lab) open() (*services, error) {
	dir, err := os.MkdirTemp(l.dir, "services-")
	if err != nil {
		return nil, err
	}
	s := &services{dir: dir, variables: make(map[string]string)}
	s.emulate = exec.Command(l.program("sshellctl"), "emulate", "--dir", dir+"/s3")
	s.emulate.Env = environment(dir, nil)
	var stderr bytes.Buffer
	s.emulate.Stderr = &stderr
	out, err := s.emulate.StdoutPipe()
	if err == nil {
		err = s.emulate.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		entry, ok := strings.CutPrefix(lines.Text(), "export ")
		if !ok { // the last line
			break
		}
		name, value, _ := strings.Cut(entry, "=")
		s.variables[name] = value
	}
	if s.variables["SSHELL_BUCKET"] == "" {
		err := s.close()
		return nil, errors.Join(fmt.Errorf("start the services: no function is deployed: %s", stderr.String()), err)
	}
	return s, nil
}

// close stops the services and removes what they stored.
func (s *services) close() error {
	s.emulate.Process.Signal(syscall.SIGTERM)
	err := s.emulate.Wait()
	if err != nil {
		err = fmt.Errorf("stop the services: %w", err)
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *services) function() string { return s.variables["SSHELL_FUNCTION"] }
func (s *services) bucket() string   { return s.variables["SSHELL_BUCKET"] }

// config is what leads the SDK to one of the services.
func (s *services) config(endpoint string) aws.Config {
	return aws.Config{
		Region:       s.variables["AWS_REGION"],
		BaseEndpoint: aws.String(s.variables["AWS_ENDPOINT_URL_"+endpoint]),
		Credentials:  credentials.NewStaticCredentialsProvider(s.variables["AWS_ACCESS_KEY_ID"], s.variables["AWS_SECRET_ACCESS_KEY"], ""),
	}
}

// environment is that of a program which nobody's configuration and no earlier state takes part in.
func environment(dir string, variables map[string]string) []string {
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + dir, "TMPDIR=" + dir, "LC_ALL=C", "TZ=UTC"}
	for name, value := range variables {
		env = append(env, name+"="+value)
	}
	return env
}
