package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ground is where the pipelines of one group run: services that fail by the group's seed.
type ground struct {
	bin     string
	dir     string
	environ []string
	bucket  string // its name
	objects string // the folder that holds the bucket's objects as files
	emulate *exec.Cmd
	told    map[string]bool // what was left by pipelines before
}

// openGround starts the services.
func openGround(o options, seed uint64) (*ground, error) {
	dir, err := os.MkdirTemp("", "storm-")
	if err != nil {
		return nil, err
	}
	g := &ground{bin: o.bin, dir: dir, told: make(map[string]bool)}
	g.emulate = exec.Command(filepath.Join(o.bin, "sshellctl"), "emulate", "--dir", filepath.Join(dir, "s3"),
		"--logs", filepath.Join(dir, "logs"), "--faults", strconv.FormatUint(seed, 10), "--fault-rate", o.rate)
	if o.kinds != "" {
		g.emulate.Args = append(g.emulate.Args, "--fault-kinds", o.kinds)
	}
	var stderr bytes.Buffer
	g.emulate.Stderr = &stderr
	out, err := g.emulate.StdoutPipe()
	if err == nil {
		err = g.emulate.Start()
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
		g.environ = append(g.environ, entry)
		if name, ok := strings.CutPrefix(entry, "SSHELL_BUCKET="); ok {
			g.bucket, g.objects = name, filepath.Join(dir, "s3", name)
		}
	}
	if g.bucket == "" {
		err := g.close()
		return nil, errors.Join(fmt.Errorf("no function was deployed: %s", stderr.String()), err)
	}
	return g, nil
}

// closeTime bounds the end of services: their environments' processes are killed.
const closeTime = 30 * time.Second

// close stops the services. It is an error if they do not stop well, or leave a process.
func (g *ground) close() error {
	g.emulate.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(closeTime, func() { g.emulate.Process.Kill() })
	err := g.emulate.Wait()
	late.Stop()
	if err != nil {
		err = fmt.Errorf("stop the emulator: %w", err)
	}
	return errors.Join(err, os.RemoveAll(g.dir))
}
