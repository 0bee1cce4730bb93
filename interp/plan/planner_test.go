package plan

import (
	"strings"
	"testing"
)

var local = Facts{Targets: []Target{Local}}

func TestPlan(t *testing.T) {
	everywhere := local
	everywhere.Default = Local
	far := Facts{Targets: []Target{Local, Lambda}}
	cases := []struct {
		name   string
		stages []Stage
		facts  Facts
		want   []Target // "" where Err is wanted
		reason string   // part of the last stage's reason or error
	}{
		{"nothing asked", []Stage{{Name: "sort"}}, local, []Target{Client}, "no target is named"},
		{"split goes with parmap", []Stage{{Role: Split, Name: "split"}, {Role: Parmap, Name: "parmap"}, {Name: "sort"}}, local,
			[]Target{Local, Local, Client}, "no target is named"},
		{"parmap alone", []Stage{{Role: Parmap}}, local, []Target{Local}, "no other target"},
		{"parmap on what is not there", []Stage{{Role: Parmap, Asked: "lambda", By: "--on"}}, local, []Target{""}, "no target lambda"},
		{"split follows its error", []Stage{{Role: Split}, {Role: Parmap, Asked: "moon", By: "--on"}}, local, []Target{"", ""}, "no target moon"},
		{"parmap on the client", []Stage{{Role: Parmap, Asked: Client, By: "--on"}}, local, []Target{""}, "runs no tasks"},
		{"plain reduce", []Stage{{Role: Parmap}, {Role: Reduce, Argv: []string{"reduce", "./r"}}}, local, []Target{Local, Client}, "ordered outputs"},
		{"tree reduce", []Stage{{Role: Parmap}, {Role: Reduce, Argv: []string{"reduce", "--tree", "./r"}}}, local, []Target{Local, Local}, ""},
		{"reduce by keys", []Stage{{Role: Reduce, Argv: []string{"reduce", "--by=-k1", "./r"}}}, local, []Target{Local}, ""},
		{"on without a target", []Stage{{Role: On}}, local, []Target{""}, "no target: write on TARGET"},
		{"on local", []Stage{{Role: On, Asked: Local, By: "on"}}, local, []Target{Local}, "asked by on"},
		{"the default", []Stage{{Name: "sort"}}, everywhere, []Target{Client}, ""},
		{"asked by the environment", []Stage{{Asked: Local, By: "SSHELL_ON", Wish: true}}, everywhere, []Target{Local}, "asked by SSHELL_ON"},
		{"the environment keeps silent", []Stage{{Asked: Local, By: "SSHELL_ON", Wish: true, Uses: UsesPid}}, everywhere, []Target{Client}, "process id"},
		{"a rule keeps silent", []Stage{{Asked: Local, By: "/etc/s.toml:3", Wish: true, Uses: UsesState}}, local, []Target{Client}, "stays: it changes"},
		{"a rule names what is not there", []Stage{{Asked: "moon", By: "/etc/s.toml:3", Wish: true}}, local, []Target{""}, "no target moon"},
		{"input that is shared", []Stage{{Asked: Lambda, By: "SSHELL_ON", Wish: true, Uses: UsesInput}}, far, []Target{Client}, "also that of what comes after"},
		{"input that is shared with what runs here", []Stage{{Asked: Local, By: "SSHELL_ON", Wish: true, Uses: UsesInput}}, far, []Target{Local}, "asked by"},
		{"input that is forwarded", []Stage{{Role: On, Asked: Lambda, By: "on", Uses: UsesInput}}, far, []Target{Lambda}, "asked by on"},
		{"the user is told", []Stage{{Role: On, Asked: Local, By: "on", Uses: UsesPid}}, local, []Target{""}, "cannot run on local"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Plan(Pipeline{Stages: c.stages}, c.facts)
			if len(got) != len(c.want) {
				t.Fatalf("%d placements for %d stages", len(got), len(c.stages))
			}
			said := ""
			for i, p := range got {
				if (p.Err != nil) != (c.want[i] == "") || p.Err == nil && p.Target != c.want[i] {
					t.Errorf("stage %d: %+v, want %q", i, p, c.want[i])
				}
				if said = p.Reason; p.Err != nil {
					said = p.Err.Error()
				} else if p.Reason == "" {
					t.Errorf("stage %d has no reason", i)
				}
			}
			if !strings.Contains(said, c.reason) {
				t.Errorf("says %q, want %q in it", said, c.reason)
			}
		})
	}
}

// Every use has a reason, and keeps a stage that was asked elsewhere.
func TestKeptBecause(t *testing.T) {
	for use := UsesState; use <= UsesLocale; use <<= 1 {
		if KeptBecause(use) == "" {
			t.Errorf("use %b has no reason", use)
		}
		p := Plan(Pipeline{Stages: []Stage{{Role: On, Asked: Local, By: "on", Uses: use}}}, local)[0]
		if p.Err == nil || !strings.Contains(p.Err.Error(), KeptBecause(use)) {
			t.Errorf("use %b: %+v", use, p)
		}
	}
	if KeptBecause(0) != "" {
		t.Error("no use keeps a stage")
	}
}

func TestRules(t *testing.T) {
	f := Facts{Rules: []Rule{{Commands: []string{"a", "b"}, On: Local, Place: "first"}, {Commands: []string{"b"}, On: Lambda, Place: "second"}}}
	if r, ok := f.Rule("b"); !ok || r.Place != "first" {
		t.Errorf("b has %+v", r)
	}
	if r, ok := f.Rule("c"); ok {
		t.Errorf("c has %+v", r)
	}
}

func TestAskedByWords(t *testing.T) {
	cases := []struct {
		role Role
		argv string
		want Target
	}{
		{On, "on local sort", Local},
		{On, "on --once local sort", Local},
		{On, "on", ""},
		{Parmap, "parmap --on local cat", Local},
		{Parmap, "parmap --on=local cat", Local},
		{Parmap, "parmap -j2 cat ::: --on x", ""},
		{Parmap, "parmap cat", ""},
		{Parmap, "parmap -j 2 --on local cat", Local},
		{Parmap, "parmap mycommand --on moon", ""},
		{Reduce, "reduce --tree --on local cat", Local},
	}
	for _, c := range cases {
		if got, _ := AskedByWords(c.role, strings.Fields(c.argv)); got != c.want {
			t.Errorf("%s: %q, want %q", c.argv, got, c.want)
		}
	}
}

func TestSnapshotTravels(t *testing.T) {
	in := &Snapshot{Name: "caf\xe9", Vars: []Variable{{Name: "x", Set: true, Value: "\xff\x00\xfe", Keys: []string{"a\x80"}, Elems: []string{"b"}}},
		Params: []string{"", "p"}, Funcs: []Function{{Name: "f", Source: "{ :; }"}}, Umask: 0o27}
	data, err := EncodeSnapshot(in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := DecodeSnapshot(data)
	if err != nil {
		t.Fatal(err)
	}
	if out.Name != in.Name || out.Vars[0].Value != in.Vars[0].Value || out.Vars[0].Keys[0] != "a\x80" || len(out.Params) != 2 ||
		out.Funcs[0] != in.Funcs[0] || out.Umask != in.Umask {
		t.Errorf("%+v became %+v", in, out)
	}
	in.Version = SnapshotVersion + 1
	other, err := Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DecodeSnapshot(other); err == nil {
		t.Error("another version is taken")
	}
	if _, err := DecodeSnapshot([]byte("junk")); err == nil {
		t.Error("junk is taken")
	}
}
