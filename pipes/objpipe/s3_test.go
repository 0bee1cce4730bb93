package objpipe_test

import (
	"os"
	"testing"
	"time"

	"sshell/pipes"
	"sshell/pipes/objpipe"
	"sshell/pipes/objstore/dir"
	"sshell/pipes/objstore/fault"
	"sshell/pipes/objstore/s3/s3test"
	"sshell/pipes/pipetest"
)

func TestMain(m *testing.M) { os.Exit(s3test.Main(m)) }

// rates leave five tries of a request, which an end makes, with one failure in a hundred thousand.
var rates = fault.Rates{Slow: 0.1, Latency: 5 * time.Millisecond, Refused: 0.03, Lost: 0.03, Cut: 0.03, Half: 0.03}

// TestStores runs the suite over stores that processes share: with ends of one process, and with ends that know of each other only
// by the store and whose requests fail now and then.
func TestStores(t *testing.T) {
	for _, c := range []struct {
		name string
		open func(t *testing.T) pipes.Transport
	}{
		{"dir", func(t *testing.T) pipes.Transport { return objpipe.New(dir.New(t.TempDir()+"/b"), "tmp/run/pipes") }},
		{"s3", func(t *testing.T) pipes.Transport { return objpipe.New(s3test.NewStore(t), "tmp/run/pipes") }},
		{"s3 apart with faults", func(t *testing.T) pipes.Transport { return objpipe.NewApart(fault.New(s3test.NewStore(t), 1, rates)) }},
	} {
		t.Run(c.name, func(t *testing.T) { pipetest.Run(t, pipetest.Config{Open: c.open}) })
	}
}
