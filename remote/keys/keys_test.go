package keys

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// Lines are of one key for us exactly if sort -u thinks so.
func TestKeysSameAsSorts(t *testing.T) {
	text := "a b c\na  b c\nA b c\n b c\n1 x\n01 x\n1.0 x\n-0 y\n0 y\n10 x\n1:2:3\n1:2:4\n:2:\n\na\tb\n a\n  a\na-b\nab\n1e3 z\n+1 x\n"
	for _, spec := range []string{"-k1", "-k1,1", "-k2", "-k2,2", "-k1b,1b", "-k2b,2", "-k1.2,1.3", "-k1,1n", "-n -k1,1", "-t: -k2,2", "-t: -k1,1n -k3",
		"-k1f", "-f -k1,1", "-k1d,1d", "-b -k2,2", "-k2.2b,2.3b", "-t: -k2.1,2.1", "-k1i", "-k3,3 -k1,1", "-k2,1", "-k1,1r"} {
		k, err := Parse(spec)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		seen := map[string]bool{}
		for line := range strings.Lines(text) {
			seen[string(k.Of([]byte(strings.TrimSuffix(line, "\n")), nil))] = true
		}
		cmd := exec.Command("sort", append([]string{"-u"}, strings.Fields(spec)...)...)
		cmd.Env = []string{"LC_ALL=C"}
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Count(string(out), "\n"); len(seen) != want {
			t.Errorf("%s: %d keys, sort has %d", spec, len(seen), want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"", "no key"}, {"-t:", "no key"}, {"x", "a key is"}, {"0", "a key is"}, {"1,x", "a key is"}, {"1.x", "a key is"}, {"1g", "an ordering"}, {"-z", "not an option"},
	} {
		if _, err := Parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

// However the bytes come, lines of one key meet in one part, whole and in their order.
func TestDealer(t *testing.T) {
	k, err := Parse("1,1")
	if err != nil {
		t.Fatal(err)
	}
	text := "a 1\nb 2\n\na 3\nc 4\nb 5"
	var want [3]string
	for step := 1; step <= len(text); step++ {
		var parts [3]string
		d := NewDealer(k, len(parts), func(part int, line []byte) error {
			parts[part] += string(line)
			return nil
		})
		for rest := []byte(text); len(rest) > 0; {
			n := min(step, len(rest))
			if _, err := d.Write(bytes.Clone(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := d.End(); err != nil {
			t.Fatal(err)
		}
		if step == 1 {
			want = parts
		}
		if parts != want || len(strings.Join(parts[:], "")) != len(text)+1 {
			t.Errorf("%d bytes at a time: %q, want %q", step, parts, want)
		}
	}
	for _, pair := range []string{"a 1\n|a 3\n", "b 2\n|b 5\n"} {
		first, second, _ := strings.Cut(pair, "|")
		together := false
		for _, part := range want {
			i, j := strings.Index(part, first), strings.Index(part, second)
			together = together || i >= 0 && j > i
		}
		if !together {
			t.Errorf("%q are apart, or not in order: %q", pair, want)
		}
	}
}
