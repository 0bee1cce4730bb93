package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"sshell/lambda/emulator"
)

// options are emulate's flags.
type options struct {
	address, storeAddress string
	dir, logs, region     string
	hostRoot, bare        bool
	coldStart, latency    time.Duration
	retryDelay            time.Duration
	clock                 time.Duration
	faults                *emulator.Faults // nil for none
	concurrency           int
	command               []string
}

// parseEmulate reads emulate's flags. What is wrong, or the help, was written to out.
func parseEmulate(args []string, out io.Writer) (*options, error) {
	o := new(options)
	f := flag.NewFlagSet("sshellctl emulate", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.address, "address", "", "loopback `address` of Lambda, IAM and STS (default 127.0.0.1 and a free port)")
	f.StringVar(&o.storeAddress, "s3-address", "", "loopback `address` of S3 (default 127.0.0.1 and a free port)")
	f.StringVar(&o.dir, "dir", "", "`folder` that holds a folder for each bucket, and is kept (default a temporary one)")
	f.StringVar(&o.logs, "logs", "", "`file` that gets what functions write; - is standard error")
	f.StringVar(&o.region, "region", "us-east-1", "the `region` it is")
	f.BoolVar(&o.hostRoot, "host-root", false, "let functions see this machine's files and programs")
	f.BoolVar(&o.bare, "bare", false, "deploy no function")
	f.DurationVar(&o.coldStart, "cold-start", 0, "`time` added to the start of each environment, such as 200ms")
	f.DurationVar(&o.latency, "latency", 0, "`time` added to each call of Lambda, IAM and STS")
	f.DurationVar(&o.retryDelay, "retry-delay", time.Minute, "`time` before the first retry of an asynchronous invocation")
	f.DurationVar(&o.clock, "clock", 0, "`time` by which the services' clock is ahead of this machine's, or behind it with a minus")
	f.IntVar(&o.concurrency, "concurrency", 1000, "`number` of invocations that may run at a time")
	faults := faultFlags(f)
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if o.faults = faults.asked(); o.faults == nil && faults.used {
		fmt.Fprintln(out, "sshellctl: emulate: --fault-*: without --faults SEED there are none")
		return nil, errors.New("no seed")
	}
	o.command = f.Args()
	return o, nil
}

// emulate starts the services, runs the command or waits for a signal, and stops them.
func emulate(args []string, stdout, stderr io.Writer) int {
	o, err := parseEmulate(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return statusUsage
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	s, err := startServices(o, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "sshellctl: emulate: %v\n", err)
		return statusFault
	}
	status := 0
	variables := append(s.variables(), s.deployed(context.Background(), stderr)...)
	if len(o.command) > 0 {
		status = runCommand(o.command, variables, signals, s.lost(), stderr)
	} else {
		for _, v := range variables {
			fmt.Fprintf(stdout, "export %s\n", v)
		}
		fmt.Fprintln(stdout, "unset AWS_PROFILE AWS_SESSION_TOKEN")
		select {
		case <-signals:
		case <-s.lost():
			status = statusFault
		}
	}
	if err := s.stop(); err != nil {
		fmt.Fprintf(stderr, "sshellctl: emulate: %v\n", err)
		return statusFault
	}
	return status
}

// services are the running servers.
type services struct {
	options     *options
	key, secret string
	store       *store
	lambda      *emulator.Server
	dir         *emulator.Dir
	logs        *os.File
	self        string
	buckets     string // the folder that holds them
}

func startServices(o *options, stderr io.Writer) (s *services, err error) {
	s = &services{options: o, key: "AKIA" + rand.Text()[:16], secret: rand.Text()}
	if s.self, err = os.Executable(); err != nil {
		return nil, err
	}
	started := s
	defer func() {
		if err != nil {
			err = errors.Join(err, started.stop())
		}
	}()
	if s.dir, err = emulator.OpenDir(); err != nil {
		return nil, err
	}
	if err := s.openFiles(stderr); err != nil {
		return nil, err
	}
	identities := filepath.Join(s.dir.Path, "identities")
	if s.store, err = startStore(s.self, storeOrder{s.buckets, s.key, s.secret, o.region, o.storeAddress, identities, o.clock, o.faults}); err != nil {
		return nil, err
	}
	warn := writeLines(stderr)
	c := emulator.Config{
		AccessKey: s.key, SecretKey: s.secret, Region: o.region, Address: o.address, Dir: s.dir.Path, S3: s.store.endpoint, Identities: identities,
		Environ:  []string{"AWS_ENDPOINT_URL_S3=" + s.store.endpoint, "AWS_EC2_METADATA_DISABLED=true"},
		Self:     []string{s.self, environmentFlag},
		HostRoot: o.hostRoot, ColdStart: o.coldStart, Latency: o.latency, RetryDelay: o.retryDelay, Concurrency: o.concurrency,
		Faults: o.faults, Ahead: o.clock,
		Warn: func(line string) { warn("sshellctl: emulate: warning: " + line) },
	}
	if s.logs != nil {
		c.Logs = s.logs
	}
	s.lambda, err = emulator.Start(c)
	return s, err
}

// openFiles settles the folder of the buckets and opens the log.
func (s *services) openFiles(stderr io.Writer) (err error) {
	s.buckets = s.options.dir
	if s.buckets == "" {
		s.buckets = filepath.Join(s.dir.Path, "s3")
	}
	if s.buckets, err = filepath.Abs(s.buckets); err != nil {
		return err
	}
	if err := os.MkdirAll(s.buckets, 0o755); err != nil {
		return err
	}
	switch s.options.logs {
	case "":
	case "-":
		s.logs = os.Stderr
	default:
		s.logs, err = os.OpenFile(s.options.logs, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	}
	return err
}

// lost is closed when the S3 server has ended by itself.
func (s *services) lost() <-chan struct{} { return s.store.ended }

// stop stops what was started, and leaves nothing but what was asked for.
func (s *services) stop() error {
	var errs []error
	if s.lambda != nil {
		errs = append(errs, s.lambda.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.stop())
	}
	if s.logs != nil && s.logs != os.Stderr {
		errs = append(errs, s.logs.Close())
	}
	if s.dir != nil {
		errs = append(errs, s.dir.Close())
	}
	return errors.Join(errs...)
}

// variables are what leads the SDK and the aws command here, and away from the user's own account. An endpoint that is an
// address, not a name, also makes them put the bucket into the path.
func (s *services) variables() []string {
	url := s.lambda.URL()
	return []string{
		"AWS_ACCESS_KEY_ID=" + s.key,
		"AWS_SECRET_ACCESS_KEY=" + s.secret,
		"AWS_REGION=" + s.options.region,
		"AWS_DEFAULT_REGION=" + s.options.region,
		"AWS_ENDPOINT_URL_S3=" + s.store.endpoint,
		"AWS_ENDPOINT_URL_LAMBDA=" + url,
		"AWS_ENDPOINT_URL_IAM=" + url,
		"AWS_ENDPOINT_URL_STS=" + url,
		"AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// writeLines gives a function that writes whole lines, from any goroutine.
func writeLines(w io.Writer) func(string) {
	var mu sync.Mutex
	return func(line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(w, line)
	}
}
