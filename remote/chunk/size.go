package chunk

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
)

const (
	kib = 1 << 10
	mib = 1 << 20

	// Chunks of less than a mebibyte cost more to hand out than to read; more
	// than 64 make a task that is lost expensive (DESIGN, "Words that sshell adds").
	minDefaultSize = 1 * mib
	maxDefaultSize = 64 * mib

	// DefaultStreamSize is the chunk size, in bytes, for streams, whose length
	// is not known before their end.
	DefaultStreamSize = 10 * mib
)

// DefaultSize returns the chunk size in bytes for sources of total bytes that
// concurrency tasks at a time will read: four chunks for each of them, so that
// one slow task does not hold up the rest, within 1 and 64 MiB.
func DefaultSize(total int64, concurrency int) int64 {
	per := total / 4 / int64(max(concurrency, 1))
	return min(max(per, minDefaultSize), maxDefaultSize)
}

// units are the letters of coreutils in order of their powers.
const units = "KMGTPEZYRQ"

// ParseSize parses a number of bytes as split -b of coreutils does: a decimal
// number, or none for 1, and a unit: b for 512; K, M, G, T, P, E, Z, Y, R, Q for
// powers of 1024, also with iB after them; of 1000 with B. k and m are K and M.
// A size is at least 1 and at most 2⁶³-1.
//
// Errors are "TEXT: why" on one line.
func ParseSize(s string) (int64, error) {
	text := strings.TrimLeft(s, " \t")
	if strings.HasPrefix(text, "-") {
		return 0, fmt.Errorf("%s: a size cannot be negative", s)
	}
	text = strings.TrimPrefix(text, "+")
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	unit, ok := multiplier(text[digits:])
	if !ok || text == "" || digits == 0 && text != strings.TrimLeft(s, " \t") {
		return 0, fmt.Errorf("%s: not a size (a number and K, KB, KiB, M, MB, MiB … or b)", quoteEmpty(s))
	}
	n, fits := uint64(1), true
	if digits > 0 {
		n, fits = parseDigits(text[:digits])
	}
	switch {
	case n == 0:
		return 0, fmt.Errorf("%s: a size is at least 1", s)
	case fits:
		n, fits = product(n, unit)
	}
	if !fits || n > math.MaxInt64 {
		return 0, fmt.Errorf("%s: too large (the largest size is 8E less one byte)", s)
	}
	return int64(n), nil
}

func quoteEmpty(s string) string {
	if strings.TrimSpace(s) == "" {
		return "'" + s + "'"
	}
	return s
}

// parseDigits returns the number and whether it fits.
func parseDigits(digits string) (uint64, bool) {
	n, fits := uint64(0), true
	for i := range len(digits) {
		var ok bool
		if n, ok = product(n, 10); !ok || n > math.MaxUint64-9 {
			fits, n = false, 1
		}
		n += uint64(digits[i] - '0')
	}
	return n, fits
}

// product returns a × b and whether it fits.
func product(a, b uint64) (uint64, bool) {
	high, low := bits.Mul64(a, b)
	return low, high == 0
}

// multiplier returns what a unit stands for, in bytes, saturated, and whether
// there is such a unit.
func multiplier(unit string) (uint64, bool) {
	switch unit {
	case "":
		return 1, true
	case "b":
		return 512, true // a block of POSIX
	}
	letter := unit[:1]
	if letter == "k" || letter == "m" {
		letter = strings.ToUpper(letter)
	}
	power := strings.Index(units, letter) + 1
	var base uint64
	switch unit[1:] {
	case "", "iB":
		base = 1024
	case "B", "D":
		base = 1000
	}
	if power == 0 || base == 0 {
		return 0, false
	}
	n := uint64(1)
	for range power {
		var fits bool
		if n, fits = product(n, base); !fits {
			return math.MaxUint64, true
		}
	}
	return n, true
}

// FormatSize returns a number of bytes for people to read, such as "64 MiB",
// rounded to a tenth.
func FormatSize(n int64) string {
	if n < kib {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/kib, 0
	for f >= 1024 {
		f, unit = f/1024, unit+1
	}
	text := strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
	return fmt.Sprintf("%s %ciB", text, units[unit])
}
