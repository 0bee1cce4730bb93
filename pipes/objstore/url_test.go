package objstore

import (
	"errors"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for _, c := range []struct {
		name string
		want URL
		err  error
	}{
		{"s3://lab/reads.fastq", URL{"lab", "reads.fastq"}, nil},
		{"s3://lab/a/b//c/", URL{"lab", "a/b//c/"}, nil},
		{"s3://lab/50%25.txt", URL{"lab", "50%25.txt"}, nil},
		{"s3://lab/caf\xe9?x#y", URL{"lab", "caf\xe9?x#y"}, nil},
		{"s3://lab/pre*.fq", URL{"lab", "pre*.fq"}, nil},
		{"s3://lab/../../etc/passwd", URL{"lab", "../../etc/passwd"}, nil},
		{"s3://lab", URL{"lab", ""}, nil},
		{"s3://lab/", URL{"lab", ""}, nil},
		{"s3://lab//x", URL{}, ErrKey},
		{"s3://lab/a\x00b", URL{}, ErrKey},
		{"s3://lab/" + strings.Repeat("x", MaxKey+1), URL{}, ErrKey},
		{"s3://", URL{}, ErrBucket},
		{"s3:///x", URL{}, ErrBucket},
		{"s3://Lab/x", URL{}, ErrBucket},
		{"s3://../x", URL{}, ErrBucket},
		{"s3://lab?x", URL{}, ErrBucket},
	} {
		got, err := ParseURL(c.name)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("ParseURL(%q) = %+v, %v, want %+v, %v", c.name, got, err, c.want, c.err)
		}
	}
	for _, name := range []string{"", "lab/x", "S3://lab/x", "s3:/lab/x", "./s3://lab"} {
		if _, err := ParseURL(name); err == nil || IsURL(name) {
			t.Errorf("%q passes for an object's name", name)
		}
	}
}

func TestCheckBucket(t *testing.T) {
	for _, name := range []string{"lab", "a-b.c-9", "123", "1.2.3", strings.Repeat("a", 63), "x-s3alias"} {
		if err := CheckBucket(name); err != nil {
			t.Errorf("CheckBucket(%q): %v", name, err)
		}
	}
	for _, name := range []string{"", "ab", strings.Repeat("a", 64), "-ab", "ab-", ".ab", "ab.", "a..b", "a_b", "aB c",
		"192.168.0.1", "a/b", "...", "caf\xe9", "a%b"} {
		if err := CheckBucket(name); !errors.Is(err, ErrBucket) {
			t.Errorf("CheckBucket(%q) = %v, want an error that wraps ErrBucket", name, err)
		}
	}
}

func TestCheckKey(t *testing.T) {
	for _, key := range []string{"a", ".", "..", "a//b", "a/", "%", "\xff", "\n", strings.Repeat("x", MaxKey)} {
		if err := CheckKey(key); err != nil {
			t.Errorf("CheckKey(%q): %v", key, err)
		}
	}
	for _, key := range []string{"", "/", "/a", "a\x00", strings.Repeat("x", MaxKey+1)} {
		if err := CheckKey(key); !errors.Is(err, ErrKey) {
			t.Errorf("CheckKey(%q) = %v, want an error that wraps ErrKey", key, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("s3://lab/a/b")
	f.Add("s3://lab")
	f.Fuzz(func(t *testing.T, name string) {
		u, err := ParseURL(name)
		if err != nil {
			return
		}
		again, err := ParseURL(u.String())
		if err != nil || again != u {
			t.Errorf("%q became %+v, and that %+v, %v", name, u, again, err)
		}
	})
}
