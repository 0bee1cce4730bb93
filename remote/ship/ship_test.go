package ship

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// lddFiles asks the system's loader which files a program needs.
func lddFiles(t *testing.T, program string) []string {
	t.Helper()
	out, err := exec.Command("ldd", program).Output()
	if err != nil {
		t.Fatalf("ldd %s: %v", program, err)
	}
	var files []string
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		for _, f := range fields {
			if strings.HasPrefix(f, "/") {
				files = append(files, f)
				break
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

func paths(files []File) []string {
	var list []string
	for _, f := range files {
		list = append(list, f.Path)
	}
	return list
}

func TestLibrariesAreThoseOfTheLoader(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("programs of this system are not ELF")
		return
	}
	for _, name := range []string{"true", "bash", "sort", "git", "ssh", "xargs", "tar"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue // not a program of every system
		}
		t.Run(name, func(t *testing.T) {
			files, err := Resolve(program, os.Environ(), "")
			if err != nil {
				t.Fatal(err)
			}
			if files[0].Path != program || files[0].Why != "" {
				t.Errorf("first file is %v, want the program %s", files[0], program)
			}
			got := slices.DeleteFunc(paths(files[1:]), func(p string) bool { return !isLibrary(p) })
			slices.Sort(got)
			if want := lddFiles(t, program); !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func write(t *testing.T, path, text string, mode fs.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestScripts(t *testing.T) {
	dir := t.TempDir()
	env := []string{"PATH=/nowhere", "PATH=" + filepath.Join(dir, "bin") + ":/usr/bin:/bin"}
	sh := write(t, filepath.Join(dir, "sh"), "text for the shell\n", 0o755)
	tool := write(t, filepath.Join(dir, "bin/tool"), "#!"+sh+"\n", 0o755)
	write(t, filepath.Join(dir, "env"), "text\n", 0o755)
	envProgram := filepath.Join(dir, "env")
	tests := []struct {
		name, text string
		want       []string // behind the script itself
	}{
		{"plain", "echo hi\n", nil},
		{"empty", "", nil},
		{"empty line", "#!\n", nil},
		{"direct", "#!" + sh + " -e -u\n", []string{sh}},
		{"blanks", "#! \t" + sh + "\t\n", []string{sh}},
		{"no newline", "#!" + sh, []string{sh}},
		{"script of script", "#!" + tool + "\n", []string{tool, sh}},
		{"env", "#!" + envProgram + " tool\n", []string{envProgram, tool, sh}},
		{"env -S", "#!" + envProgram + " -S A=1 tool -x\n", []string{envProgram, tool, sh}},
		{"env -u", "#!" + envProgram + " -S -u HOME -i tool\n", []string{envProgram, tool, sh}},
		{"env -iS", "#!" + envProgram + " -iS tool\n", []string{envProgram, tool, sh}},
		{"env --split-string", "#!" + envProgram + " --split-string=tool -x\n", []string{envProgram, tool, sh}},
		{"env joined", "#!" + envProgram + " -Stool -x -u\n", []string{envProgram, tool, sh}},
		{"env alone", "#!" + envProgram + "\n", []string{envProgram}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			script := write(t, filepath.Join(t.TempDir(), "script"), tt.text, 0o755)
			files, err := Resolve(script, env, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := paths(files[1:]); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFoundOnPath(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a/x"), "not executable", 0o644)
	if err := os.MkdirAll(filepath.Join(dir, "b/x"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := write(t, filepath.Join(dir, "c/x"), "text", 0o755)
	path := "PATH=" + strings.Join([]string{dir + "/a", dir + "/b", dir + "/c"}, ":")
	files, err := Resolve("x", []string{path}, "")
	if err != nil || !slices.Equal(paths(files), []string{want}) {
		t.Errorf("got %v, %v; want %s", files, err, want)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string { return write(t, filepath.Join(dir, name), text, 0o755) }
	loop := filepath.Join(dir, "loop")
	file("loop", "#!"+loop+"2\n")
	file("loop2", "#!"+loop+"\n")
	chain := file("chain0", "text")
	for i := range 7 {
		chain = file("chain"+string(rune('1'+i)), "#!"+chain+"\n")
	}
	tests := []struct {
		name, program, want string
	}{
		{"missing", filepath.Join(dir, "none"), "no such file"},
		{"not on PATH", "no-such-program-here", "command not found"},
		{"directory", dir, "is a directory"},
		{"missing interpreter", file("s", "#!/no/such\n"), "interpreter of"},
		{"missing program of env", file("e", "#!"+file("env", "")+" no-such-program-here\n"), "command not found"},
		{"too many levels", chain, "too many levels"},
		{"mach-o", file("m", "\xcf\xfa\xed\xfe\x07"), "not an ELF program"},
		{"cut short", file("c", "\x7fELF\x02"), "read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Resolve(tt.program, nil, "")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
	if _, err := Resolve(loop, nil, ""); err != nil {
		t.Errorf("scripts that name each other: %v; each is listed once", err)
	}
	if _, err := Resolve("no-such-program-here", nil, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not wrap fs.ErrNotExist", err)
	}
}

func TestOtherArchitecture(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	other := "arm64"
	if runtime.GOARCH == other {
		other = "amd64"
	}
	_, err := Resolve("sh", []string{"PATH=/bin"}, other)
	var arch *ArchError
	if !errors.As(err, &arch) || arch.Have != runtime.GOARCH || arch.Want != other || arch.Path != "/bin/sh" {
		t.Errorf("got %v, want an ArchError from %s to %s", err, runtime.GOARCH, other)
	}
}

func TestRunPaths(t *testing.T) {
	r := resolver{arch: "amd64", env: []string{"LD_LIBRARY_PATH=/l1:/l2"}}
	dir := t.TempDir()
	top := &elfObject{path: dir + "/bin/prog", origin: dir + "/bin", rpath: []string{"$ORIGIN/../lib:/opt"}}
	tests := []struct {
		name string
		o    *elfObject
		want []string
	}{
		{"own rpath first", top, []string{dir + "/bin/../lib", "/opt", "/l1", "/l2"}},
		{"rpath of the loading program", &elfObject{path: "/x/lib.so", parent: top}, []string{dir + "/bin/../lib", "/opt", "/l1", "/l2"}},
		{"runpath comes last and hides rpath",
			&elfObject{path: "/x/lib.so", origin: "/x", parent: top, rpath: []string{"/no"}, runpath: []string{"${ORIGIN}/$LIB/$PLATFORM"}},
			[]string{"/l1", "/l2", "/x/lib/x86_64-linux-gnu/x86_64", "/x/lib64/x86_64"}},
	}
	for _, tt := range tests {
		if got := r.searchDirs(tt.o); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// cacheFile writes a loader's cache with these names and paths.
func cacheFile(pairs ...string) []byte {
	var body, text bytes.Buffer
	base := ldHeaderSize + len(pairs)/2*ldEntrySize
	put := func(s string) uint32 {
		at := base + text.Len()
		text.WriteString(s + "\x00")
		return uint32(at)
	}
	for i := 0; i < len(pairs); i += 2 {
		entry := make([]byte, ldEntrySize)
		binary.NativeEndian.PutUint32(entry[ldKeyAt:], put(pairs[i]))
		binary.NativeEndian.PutUint32(entry[ldValueAt:], put(pairs[i+1]))
		body.Write(entry)
	}
	head := make([]byte, ldHeaderSize)
	copy(head, ldMagic)
	binary.NativeEndian.PutUint32(head[len(ldMagic):], uint32(len(pairs)/2))
	return slices.Concat(head, body.Bytes(), text.Bytes())
}

func TestLoaderCache(t *testing.T) {
	data := cacheFile("liba.so", "/v3/liba.so", "liba.so", "/lib/liba.so", "libb.so", "/b")
	for _, prefix := range []string{"", "ld.so-1.7.0 and its older entries"} {
		c := parseLdCache(append([]byte(prefix), data...))
		if got := c.lookup("liba.so"); !slices.Equal(got, []string{"/v3/liba.so", "/lib/liba.so"}) {
			t.Errorf("behind %q: liba.so is %q", prefix, got)
		}
		if got := c.lookup("libz.so"); got != nil {
			t.Errorf("libz.so is %q", got)
		}
	}
}

func FuzzLoaderCache(f *testing.F) {
	f.Add(cacheFile("liba.so", "/lib/liba.so"))
	f.Add([]byte(ldMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, list := range parseLdCache(data).paths {
			if name == "" || slices.Contains(list, "") {
				t.Errorf("an empty name or path: %q %q", name, list)
			}
		}
	})
}

// isLibrary leaves out what ldd does not print.
func isLibrary(path string) bool {
	return path != LoaderCache && path != shellPath && filepath.Base(path) != unwinder
}

// A library has the names under which the default folders must have it, unless it is found by where the program is.
func TestNamesOfLibraries(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("programs of this system are not ELF")
		return
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/say.c", "void say(void) {}", 0o644)
	write(t, dir+"/main.c", "void say(void); void tell(void); int main(void) { say(); tell(); return 0; }", 0o644)
	write(t, dir+"/tell.c", "void say(void); void tell(void) { say(); }", 0o644)
	for _, folder := range []string{"app/bin", "app/lib", "far"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, argv := range [][]string{
		{"gcc", "-shared", "-fPIC", "-o", dir + "/app/lib/libsay.so", dir + "/say.c"},
		{"gcc", "-shared", "-fPIC", "-o", dir + "/far/libtell.so", dir + "/tell.c"},
		{"gcc", "-o", dir + "/app/bin/prog", dir + "/main.c", "-L" + dir + "/app/lib", "-L" + dir + "/far", "-lsay", "-ltell",
			"-Wl,--enable-new-dtags,-rpath,$ORIGIN/../lib:" + dir + "/far"},
	} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", argv, err, out)
		}
	}
	files, err := Resolve(dir+"/app/bin/prog", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, f := range files {
		got[f.Path] = strings.Join(f.Names, " ")
		if f.Loader != strings.HasPrefix(filepath.Base(f.Path), "ld-linux") {
			t.Errorf("%s is the loader: %v", f.Path, f.Loader)
		}
	}
	for path, want := range map[string]string{dir + "/app/bin/prog": "", dir + "/app/lib/libsay.so": "", dir + "/far/libtell.so": "libtell.so"} {
		if names, ok := got[path]; !ok || names != want {
			t.Errorf("%s has the names %q, want %q", path, names, want)
		}
	}
	for path, names := range got {
		if filepath.Base(path) == "libc.so.6" && names != "libc.so.6" {
			t.Errorf("%s has the names %q", path, names)
		}
	}
}
