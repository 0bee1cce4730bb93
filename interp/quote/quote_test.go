package quote

import "testing"

func TestForms(t *testing.T) {
	forms := []struct {
		name string
		of   func(string) string
		in   string
		want string
	}{
		{"Single", Single, "it's", `'it'\''s'`},
		{"Single", Single, "'", `\'`},
		{"Single", Single, "", "''"},
		{"Double", Double, "a$b\"`\\\n", "\"a\\$b\\\"\\`\\\\\n\""},
		{"Escape", inUTF8(Escape), "", "''"},
		{"Escape", inUTF8(Escape), "~a:~#", `\~a:\~#`},
		{"Escape", inUTF8(Escape), "é\xff", `$'é\377'`},
		{"Escape in C", inC(Escape), "é", `$'\303\251'`},
		{"Reusable", inUTF8(Reusable), "a\tb", `$'a\tb'`},
		{"Value", inUTF8(Value), "a b", `"a b"`},
		{"Key", inUTF8(Key), "a", "a"},
		{"Key", inUTF8(Key), "@", `"@"`},
		{"Listing", inUTF8(Listing), " \x01", `$' \001'`},
		{"Trace", inUTF8(Trace), " \x01", "' \x01'"},
		{"TraceWord", inUTF8(TraceWord), "", "''"},
	}
	for _, f := range forms {
		if got := f.of(f.in); got != f.want {
			t.Errorf("%s(%q) = %s, want %s", f.name, f.in, got, f.want)
		}
	}
}

func inUTF8(f func(string, bool) string) func(string) string {
	return func(s string) string { return f(s, true) }
}

func inC(f func(string, bool) string) func(string) string {
	return func(s string) string { return f(s, false) }
}

func FuzzReusable(f *testing.F) {
	f.Add("a\x00\xff'\\é", true)
	f.Fuzz(func(t *testing.T, s string, utf8 bool) {
		a := ANSI(s, utf8)
		if got := Dollar(a[2:len(a)-1], utf8); got != untilNUL(s) {
			t.Errorf("Dollar(ANSI(%q)) = %q", s, got)
		}
	})
}
