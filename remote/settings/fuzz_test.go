package settings

import (
	"strings"
	"testing"
)

// FuzzFile reads any bytes as a file: the answer is settings, or an error of one line with a place.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"on = 'lambda'\n[[rule]]\ncommand = [\"a\", \"b\"]\non = \"local\"\n", "bucket = \"lab\n", "[a.b]\n", "memory = 0x10", "x = {a = 1}", "\xff = 1",
		"timeout = 1979-05-27", "\"\\u00e9\" = '''a\nb'''", "[[rule]]\n[[rule]]", `"a\nb" = 1`, "a = [1,\n# c\n", "=", "s3_dir = \"\\q\"", "on = \"\r\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &Settings{from: map[string]string{}}
		err := s.read("/f.toml", data, "/home")
		if err == nil {
			return
		}
		if text := err.Error(); !strings.HasPrefix(text, "/f.toml:") || strings.Contains(text, "\n") {
			t.Errorf("%q: %q", data, text)
		}
	})
}
