package pattern

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// makeTree makes files to look for, and changes to their directory.
func makeTree(t *testing.T) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "tree")
	for _, dir := range []string{"a/b/c", "d", ".h/x", "sp ace", "e", "A2", "x.d/y.d"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"a/f1", "a/b/f2.c", "a/b/c/f3.c", "top.c", ".dot", ".h/y", "d/.hid", "d/z", "sp ace/q",
		"nl\nx", "\xff\xfe", "é", "[b]", "*", `back\slash`, "x.d/f.c", "x.d/y.d/.c", "B.C", "-", "..x"} {
		if err := os.WriteFile(filepath.Join(root, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"la": "a", "broken": "nowhere", "d/ld": "../a", "lt": "top.c", "a/up": ".."} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(root)
	return root
}

// globCases are tried under each set of options. %R is the root of the tree.
var globCases = strings.Fields(`
* */ */* ./* .//* a//* a//b//* *//b *// *///b %R/t* /%R/t* ../tree/t* .* .*/ .*/* */.* */. */.. */../d
** **/ **/* **/*.c a/** a/**/ ./** ./**/ ./**/f* d/** d/**/ **/** **/**/*.c **/b **/b/ **/b/** la/** la/* la*/ l* l*/
broken* b*/ lt*/ top.c/* nosuch/* nosuch*/* **/f* a** a/b** **a .** **/.* .h/** */x [ad]/* [a/b]* a/[b/]c \a/* a\/*
\a\/\b/* @(a|d)/* @(a/f1|d) @(a/*|d) *(a|.h) @(.h|a) ?(.)h !(a) .!(h) !(.h) *(.)dot +(.)dot +(.|d)ot @(*)dot ?dot [.]dot
[.d]* \.d* .[d]ot ? ?? [é]* [!a]* **/ld/* d/ld/** d/**/f* top.[c] to\p.[c] TOP* *.C *.c A/* a/B* */F* *** **/*** */** */**/
**/a/** **/./*.c ./**/*.c **/../*.c a/**/b/**/f* **/**/** a/./b* */./* a/../*.c a/@(b|) *(.*) @(.*)
.@(h|dot) .*(*) @(.)* @(.|x)* !(*) !(.*) !(.)* !() \[* *\* [*] *\\* *.d/*.d/ *.d/*.c x.d/**/*.c */*/*/* **/x*/** [a-b] [B-a]*
[[:upper:]]* [[:alpha:]] a/up/t* */up/t* **/up/t* a/**/t* */**/t* *[.]* ..* .?* .[!.]* @(..|a) .. .x* *[![:alnum:]]* %R/*/f1 a/b/*
**/c/../f* */b/c/f* a/*/../f1 d/.* **/nosuch* [^[:ascii:]]* `)

// globVariants are the options, as bash and as Glob take them.
var globVariants = []struct {
	shopt string
	opts  GlobOptions
}{
	{"", GlobOptions{}},
	{"shopt -s globstar", GlobOptions{GlobStar: true}},
	{"shopt -s globstar dotglob", GlobOptions{GlobStar: true, DotGlob: true}},
	{"shopt -s nocaseglob", GlobOptions{NoCase: true}},
	{"shopt -u globskipdots", GlobOptions{ShowDots: true}},
	{"shopt -u globskipdots; shopt -s dotglob", GlobOptions{ShowDots: true, DotGlob: true}},
	{"GLOBIGNORE='*.c:a/*:.dot:l?:@(e|d)'", GlobOptions{DotGlob: true,
		GlobIgnore: []string{"*.c", "a/*", ".dot", "l?", "@(e|d)"}}},
	{"GLOBIGNORE='!(a*)'", GlobOptions{DotGlob: true, GlobIgnore: []string{"!(a*)"}}},
}

func TestGlobAgainstBash(t *testing.T) {
	root := makeTree(t)
	for _, v := range globVariants {
		t.Run(v.shopt, func(t *testing.T) {
			var script strings.Builder
			fmt.Fprintf(&script, "cd %s; shopt -s extglob nullglob\n%s\n", quote(root), v.shopt)
			for _, pat := range globCases {
				// Between two newlines, so that the parser sees the options. The
				// source is as a script has it: nothing is quoted twice.
				fmt.Fprintf(&script, "printf '%%s\\n' '>' %s\nprintf '\\0'\n", strings.ReplaceAll(pat, "%R", root))
			}
			answers := strings.Split(runBash(t, "C.UTF-8", script.String()), "\x00")
			for i, pat := range globCases {
				pat = strings.ReplaceAll(pat, "%R", root)
				opts := v.opts
				opts.ExtGlob = true
				got, err := Glob(OS{}, pat, opts)
				if !HasMeta(pat, ExtGlob) {
					got = []string{Unescape(pat)} // to the shell, a plain word
				}
				want := strings.TrimSuffix(strings.TrimPrefix(answers[i], ">\n"), "\n")
				if err != nil || strings.Join(got, "\n") != want {
					t.Errorf("%s: %v\n got %q\nbash %q", pat, err, got, strings.Split(want, "\n"))
				}
			}
		})
	}
}

// unreadable is a file system in which no directory can be read.
type unreadable struct{ OS }

func (unreadable) ReadDir(string) ([]Entry, error) { return nil, errors.New("permission denied") }

func TestGlobUnreadable(t *testing.T) {
	makeTree(t)
	for pat, want := range map[string][]string{"*": nil, "a/*": nil, "*/b": nil, "**": nil, "top.c": {"top.c"}} {
		got, err := Glob(unreadable{}, pat, GlobOptions{GlobStar: true})
		if !slices.Equal(got, want) || err != nil {
			t.Errorf("%s: got %q, %v", pat, got, err)
		}
	}
}

// untyped is a file system whose directories do not tell kinds.
type untyped struct{ OS }

func (u untyped) ReadDir(dir string) ([]Entry, error) {
	entries, err := u.OS.ReadDir(dir)
	for i := range entries {
		entries[i].Kind = Unknown
	}
	return entries, err
}

func TestGlobWithoutKinds(t *testing.T) {
	makeTree(t)
	for _, pat := range globCases {
		opts := GlobOptions{ExtGlob: true, GlobStar: true}
		want, err := Glob(OS{}, pat, opts)
		got, errUntyped := Glob(untyped{}, pat, opts)
		if !slices.Equal(got, want) || err != nil || errUntyped != nil {
			t.Errorf("%s: got %q, %v; with kinds %q, %v", pat, got, errUntyped, want, err)
		}
	}
}

func TestGlobLess(t *testing.T) {
	makeTree(t)
	got, err := Glob(OS{}, "[a-e]", GlobOptions{Less: func(a, b string) bool { return a > b }})
	if want := []string{"e", "d", "a"}; !slices.Equal(got, want) || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
