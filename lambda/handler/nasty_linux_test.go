package handler

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever a task does to what it was given, the next one finds all as it was, and nothing runs beside it.
func TestNastyTasksLeaveNothing(t *testing.T) {
	f := newFunction(t)
	outside := t.TempDir()
	kept := filepath.Join(outside, "kept")
	if err := os.WriteFile(kept, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	probe := func() string {
		o := f.do(t.Context(), argv("sh", "-c", "umask; ulimit -n; ulimit -f; ls -A; ls /proc/self/fd | wc -l; cat /proc/$PPID/task/*/children | wc -w"), nil)
		if o.err != nil {
			t.Fatal(o.err)
		}
		return o.out
	}
	want := probe()
	for _, c := range []struct{ name, script string }{
		{"a daemon", `setsid sh -c 'setsid sh -c "trap \"\" TERM HUP INT; while :; do sleep 1000; done" & ' & wait`},
		{"stopped children", `sleep 1000 & kill -STOP $!; setsid sleep 1000 & kill -STOP $!`},
		{"a child that ignores signals", `(trap '' TERM HUP INT; sleep 1000; sleep 1000) >/dev/null 2>&1 & true`},
		{"limits and umask", `umask 0; ulimit -n 20; ulimit -f 1; true`},
		{"no outputs", `exec >&- 2>&-; true`},
		{"much stderr", `head -c 50000000 /dev/zero >&2`},
		{"closed folders", `mkdir -p a/b/c; touch a/b/c/d; chmod 000 a/b/c a/b a; chmod 500 .`},
		{"links out of the folder", `ln -s ` + outside + ` l; ln -s / root; ln -s ../.. up; mkfifo p; ln -s ` + kept + ` k`},
		{"names of all kinds", `touch -- -rf '*' ' ' "$(printf 'caf\351\n')" .hidden; mkdir -- -x; ln -s nowhere dangling`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.t = t
			if o := f.do(t.Context(), argv("sh", "-c", c.script), nil); o.err != nil || o.result.Statuses[0] != 0 {
				t.Errorf("got %+v, %.100q, %v", o.result, o.errs, o.err)
			}
			if got := probe(); got != want {
				t.Errorf("afterwards: got %q, want %q", got, want)
			}
		})
		f.t = t
	}
	if data, err := os.ReadFile(kept); err != nil || string(data) != "kept" {
		t.Errorf("what a link pointed to: %q, %v", data, err)
	}
}
