package chunk

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "10": 10, "+5": 5, " 7": 7, "007": 7,
		"b": 512, "3b": 1536, "K": 1 << 10, "2k": 2 << 10, "1KB": 1000, "1kB": 1000, "1KiB": 1 << 10, "1kiB": 1 << 10,
		"10M": 10 << 20, "10m": 10 << 20, "10MB": 10e6, "10MiB": 10 << 20, "1KD": 1000,
		"3G": 3 << 30, "3GB": 3e9, "2T": 2 << 40, "2TB": 2e12, "5P": 5 << 50, "5PB": 5e15, "7E": 7 << 60, "7EB": 7e18, "7EiB": 7 << 60,
		"9223372036854775807": math.MaxInt64,
	} {
		if got, err := ParseSize(text); got != want || err != nil {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestParseSizeErrors(t *testing.T) {
	const junk = ": not a size (a number and K, KB, KiB, M, MB, MiB … or b)"
	const large = ": too large (the largest size is 8E less one byte)"
	for text, want := range map[string]string{
		"": "''" + junk, " ": "' '" + junk, "x": "x" + junk, "12x": "12x" + junk, "1KiBx": "1KiBx" + junk, "1Ki": "1Ki" + junk,
		"1B": "1B" + junk, "1c": "1c" + junk, "0x10": "0x10" + junk, "1g": "1g" + junk, "1.5M": "1.5M" + junk, "1 M": "1 M" + junk, "+": "+" + junk, "+K": "+K" + junk,
		"1bB": "1bB" + junk, "é": "é" + junk, "--5": "--5: a size cannot be negative",
		"0": "0: a size is at least 1", "0M": "0M: a size is at least 1", "-3": "-3: a size cannot be negative",
		"8E": "8E" + large, "16E": "16E" + large, "1Z": "1Z" + large, "1YB": "1YB" + large, "1R": "1R" + large, "1RiB": "1RiB" + large, "1Q": "1Q" + large, "1QB": "1QB" + large,
		"9223372036854775808": "9223372036854775808" + large, "99999999999999999999999": "99999999999999999999999" + large,
	} {
		if got, err := ParseSize(text); err == nil || err.Error() != want {
			t.Errorf("ParseSize(%q) = %d, %v, want %s", text, got, err, want)
		}
	}
}

// TestParseSizeLikeSplit asks coreutils' split which sizes there are, and what
// they are: the first file it makes holds as many of the bytes.
func TestParseSizeLikeSplit(t *testing.T) {
	split, err := exec.LookPath("split")
	if err != nil {
		t.Fatal("these tests compare with coreutils' split: ", err)
	}
	data := bytes.Repeat([]byte("x"), 3100)
	for _, text := range strings.Split("70 0070 +500 b 3b K k 2K 3KB 3kB 1KiB 1kiB 2KD m 1M 1MB 1MiB 1G 1T 1P 1E 7E 0 0K -3 x 12x 1KiBx 1Ki 1B 1c 0x10 1g 1D 1.5K 1bB 8E 99999999999999999999", " ") {
		dir := t.TempDir()
		cmd := exec.Command(split, "-a4", "-b", text, "-", "part.")
		cmd.Dir, cmd.Stdin = dir, bytes.NewReader(data)
		theirErr := cmd.Run()
		ours, ourErr := ParseSize(text)
		if (theirErr == nil) != (ourErr == nil) {
			t.Errorf("%s: split says %v, we say %v", text, theirErr, ourErr)
			continue
		}
		if ourErr == nil {
			first, err := os.Stat(filepath.Join(dir, "part.aaaa"))
			if err != nil {
				t.Fatal(err)
			}
			if first.Size() != min(ours, int64(len(data))) {
				t.Errorf("%s: split makes %d bytes, we make %d", text, first.Size(), ours)
			}
		}
	}
}

func TestDefaultSize(t *testing.T) {
	for _, c := range []struct {
		total       int64
		concurrency int
		want        int64
	}{
		{0, 2, mib}, {mib, 0, mib}, {80 * mib, 2, 10 * mib}, {80 * mib, 10, 2 * mib}, {1 << 40, 2, 64 * mib}, {math.MaxInt64, 1, 64 * mib}, {1 << 30, math.MaxInt, mib},
	} {
		if got := DefaultSize(c.total, c.concurrency); got != c.want {
			t.Errorf("DefaultSize(%d, %d) = %d, want %d", c.total, c.concurrency, got, c.want)
		}
	}
}

func TestFormatSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 64 * mib: "64 MiB", 5 << 30: "5 GiB", math.MaxInt64: "8 EiB"} {
		if got := FormatSize(n); got != want {
			t.Errorf("FormatSize(%d) = %s, want %s", n, got, want)
		}
	}
}
