package ledger

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

const joblogHeader = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

// joblogColumns is the number of columns that a line has at least: a command may be missing or hold tabs.
const joblogColumns = 8

// Joblog is a joblog that is being written. Its methods may be called concurrently, in this process and, as every line is one
// write at the file's end, in others.
type Joblog struct{ f *os.File }

// OpenJoblog opens the joblog at path for writing. It is emptied first unless add, in which case a last line that a crash cut
// short is ended. Errors are package os's.
func OpenJoblog(path string, add bool) (*Joblog, error) {
	flags := os.O_CREATE | os.O_RDWR | os.O_APPEND
	if !add {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o666)
	if err != nil {
		return nil, err
	}
	j := &Joblog{f}
	if err := j.begin(); err != nil {
		f.Close()
		return nil, err
	}
	return j, nil
}

func (j *Joblog) begin() error {
	info, err := j.f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		_, err = j.f.WriteString(joblogHeader)
		return err
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	var last [1]byte
	if _, err := j.f.ReadAt(last[:], info.Size()-1); err != nil {
		return err
	}
	if last[0] != '\n' {
		_, err = j.f.WriteString("\n")
	}
	return err
}

// Write adds a line for a task's last attempt. The line is in the file when Write returns.
func (j *Joblog) Write(a Attempt) error {
	_, err := j.f.Write(a.line())
	return err
}

// Close closes the file.
func (j *Joblog) Close() error { return j.f.Close() }

func (a Attempt) line() []byte {
	exit, signal := a.Status, a.Signal
	switch {
	case a.TimedOut:
		exit, signal = -1, max(signal, sigterm)
	case signal != 0:
		exit = 0
	}
	host := a.Host
	if host == "" {
		host = ":"
	}
	b := fmt.Appendf(nil, "%d\t%s\t%.3f\t%10.3f\t%d\t%d\t%d\t%d\t", a.Seq, host,
		float64(a.Start.UnixMicro())/1e6, a.Wall.Seconds(), a.Send, a.Receive, exit, signal)
	b = append(b, strings.ReplaceAll(a.Command, "\n", "\x00")...)
	return append(b, '\n')
}

// sigterm is the signal that a command whose time ran out is logged with, whatever ended it at last.
const sigterm = 15

// ReadJoblog calls each for every task in a joblog, in the order of its lines: a task that ran again is there again. ok says
// that it succeeded. Lines that are not a task's are passed over, such as one that a crash cut short.
func ReadJoblog(r io.Reader, each func(seq int64, ok bool)) error {
	b := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := b.ReadString('\n')
		if seq, ok, valid := parseLine(line); valid {
			each(seq, ok)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

func parseLine(line string) (seq int64, ok, valid bool) {
	columns := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", joblogColumns+1)
	if len(columns) < joblogColumns {
		return 0, false, false
	}
	seq, err := strconv.ParseInt(columns[0], 10, 64)
	exit, exitErr := strconv.Atoi(columns[6])
	signal, signalErr := strconv.Atoi(columns[7])
	valid = err == nil && exitErr == nil && signalErr == nil && seq > 0
	return seq, exit == 0 && signal == 0, valid
}
