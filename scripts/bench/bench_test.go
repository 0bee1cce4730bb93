package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sshell/scripts/bench/figure"
)

func TestReadsAreWholeRecordsAndTheSameEachTime(t *testing.T) {
	var a, b bytes.Buffer
	records, written, err := writeReads(&a, 100_000)
	if err != nil {
		t.Fatalf("write reads: %v", err)
	}
	if _, _, err := writeReads(&b, 100_000); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("the same seed gives other reads (err %v)", err)
	}
	if written != int64(a.Len()) || written < 100_000 {
		t.Errorf("wrote %d bytes and says %d", a.Len(), written)
	}
	lines := strings.Split(strings.TrimSuffix(a.String(), "\n"), "\n")
	if int64(len(lines)) != 4*records {
		t.Fatalf("%d lines for %d records", len(lines), records)
	}
	hard := 0
	for i := 0; i < len(lines); i += 4 {
		if lines[i][0] != '@' || lines[i+2] != "+" || len(lines[i+1]) != len(lines[i+3]) {
			t.Fatalf("record %d is not FASTQ: %q", i/4, lines[i:i+4])
		}
		if lines[i+3][0] == '@' {
			hard++
		}
	}
	if hard == 0 {
		t.Error("no quality line begins with @")
	}
}

// bash measured against itself shows that the driver measures, whatever the numbers.
func TestDriverMeasuresBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatalf("find bash: %v", err)
	}
	for _, name := range []string{"start", "pipe"} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{"-sshell", bash, "-figure", name, "-scale", "0.001"}, &out); err != nil && err != figure.ErrMissed {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains(out.String(), "measured ") {
			t.Errorf("%s: no number in %q", name, out.String())
		}
	}
}

func TestUnknownFigureNamesThoseThereAre(t *testing.T) {
	err := run(t.Context(), []string{"-figure", "nothing"}, nil)
	if err == nil || !strings.Contains(err.Error(), "start spawn file") {
		t.Errorf("error is %v", err)
	}
}

func TestPeakIsTheCommandsOwn(t *testing.T) {
	l := &lab{ctx: t.Context(), dir: t.TempDir()}
	small, err := l.peak(bash("true"))
	if err != nil {
		t.Fatalf("measure: %v", err)
	}
	ballast := make([]byte, 64<<20)
	for i := range ballast {
		ballast[i] = 1
	}
	again, err := l.peak(bash("true"))
	if err != nil {
		t.Fatalf("measure: %v", err)
	}
	if again > small+4096 {
		t.Errorf("peak of the same command went from %d to %d KiB with the driver's own memory (%d)", small, again, ballast[0])
	}
	if matches, _ := filepath.Glob(filepath.Join(l.dir, "reads-*")); len(matches) != 0 {
		t.Errorf("made data that nobody asked for: %v", matches)
	}
}
