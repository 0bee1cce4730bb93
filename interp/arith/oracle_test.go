package arith

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// state is a Vars over maps, with the variables that the tests begin with.
type state struct {
	scalars map[string]string
	arrays  map[string]map[int64]string
	hashes  map[string]map[string]string
}

// setup is what newState holds, as bash writes it.
const setup = `unset -v ${!x*} ${!y*} ${!z*} ${!n*} ${!s*} ${!u*} ${!a*} ${!h*}
x=7 y=3 z='x+1' n=-5 s= w=' 12 ' bad='1+' self=self big=9223372036854775807
a=([0]=10 [1]=20 [2]=y); declare -A h=([k]=5 [x]=z)
`

// show prints the state, as (*state).String does.
const show = `echo "x=$x y=$y z=$z n=$n s=$s w=$w u=$u a=${a[0]},${a[1]},${a[2]},${a[3]} h=${h[k]},${h[x]}"
`

func newState() *state {
	return &state{
		scalars: map[string]string{"x": "7", "y": "3", "z": "x+1", "n": "-5", "s": "", "w": " 12 ",
			"bad": "1+", "self": "self", "big": "9223372036854775807"},
		arrays: map[string]map[int64]string{"a": {0: "10", 1: "20", 2: "y"}},
		hashes: map[string]map[string]string{"h": {"k": "5", "x": "z"}},
	}
}

func (s *state) String() string {
	v, a, h := s.scalars, s.arrays["a"], s.hashes["h"]
	return fmt.Sprintf("x=%s y=%s z=%s n=%s s=%s w=%s u=%s a=%s,%s,%s,%s h=%s,%s",
		v["x"], v["y"], v["z"], v["n"], v["s"], v["w"], v["u"], a[0], a[1], a[2], a[3], h["k"], h["x"])
}

func (s *state) Get(name string) (string, bool, error) {
	if s.arrays[name] != nil {
		v, ok := s.arrays[name][0]
		return v, ok, nil
	}
	v, ok := s.scalars[name]
	return v, ok, nil
}

func (s *state) Set(name, value string) error {
	if s.arrays[name] != nil {
		s.arrays[name][0] = value
	} else {
		s.scalars[name] = value
	}
	return nil
}

func (s *state) GetElem(name, sub string) (string, bool, error) {
	if h := s.hashes[name]; h != nil {
		v, ok := h[sub]
		return v, ok, nil
	}
	i, err := Eval(sub, s)
	if err != nil {
		return "", false, err
	}
	return s.GetIndex(name, i)
}

func (s *state) SetElem(name, sub, value string) error {
	if h := s.hashes[name]; h != nil {
		h[sub] = value
		return nil
	}
	i, err := Eval(sub, s)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return err
	}
	return s.SetIndex(name, i, n)
}

func (s *state) Indexed(name string) bool { return s.hashes[name] == nil }

// errSubscript stands for bash's complaint about an index before the first.
var errSubscript = errors.New("bad array subscript")

func (s *state) index(name string, i int64) (map[int64]string, int64, error) {
	a := s.arrays[name]
	if a == nil {
		a = map[int64]string{}
		if v, ok := s.scalars[name]; ok {
			a[0] = v
		}
	}
	if i < 0 {
		top := int64(-1)
		for k := range a {
			top = max(top, k)
		}
		if i += top + 1; i < 0 {
			return a, i, errSubscript
		}
	}
	return a, i, nil
}

func (s *state) GetIndex(name string, i int64) (string, bool, error) {
	a, i, err := s.index(name, i)
	v, ok := a[i]
	return v, ok, err
}

func (s *state) SetIndex(name string, i, n int64) error {
	a, i, err := s.index(name, i)
	if err == nil {
		a[i] = strconv.FormatInt(n, 10)
		if _, scalar := s.scalars[name]; scalar {
			s.scalars[name] = a[0]
		} else {
			s.arrays[name] = a
		}
	}
	return err
}

// ours evaluates text and prints what the script of askBash prints.
func ours(text string) string {
	s := newState()
	e, _ := Parse(text)
	n, err := e.Eval(s)
	first := strconv.FormatInt(n, 10)
	var fault *Error
	switch {
	case errors.As(err, &fault):
		first = fault.Text + ": " + fault.Error()
	case err != nil:
		first = err.Error()
	}
	return first + "\n" + s.String() + "\n"
}

// askBash evaluates each text in one bash process, from the same state, and
// returns what each printed: the value or the message, and the state after it.
func askBash(t *testing.T, texts []string) []string {
	t.Helper()
	var script bytes.Buffer
	for _, text := range texts {
		// A fault ends a line of the script, and no more.
		quoted := "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
		fmt.Fprintf(&script, "%se=%s\necho \"$(($e))\"\n%sprintf '\\0'\n", setup, quoted, show)
	}
	file := filepath.Join(t.TempDir(), "arith.sh")
	if err := os.WriteFile(file, script.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "--norc", file)
	cmd.Dir = filepath.Dir(file)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("run bash: %v", err)
	}
	answers := strings.Split(string(out), "\x00")
	if len(answers) != len(texts)+1 {
		t.Fatalf("bash gave %d answers to %d expressions", len(answers)-1, len(texts))
	}
	for i, a := range answers {
		if rest, ok := strings.CutPrefix(a, file+": line "); ok {
			_, answers[i], _ = strings.Cut(rest, ": ")
		}
	}
	return answers[:len(texts)]
}

// compare reports each text whose answer is not bash's.
func compare(t *testing.T, texts []string) {
	t.Helper()
	for i, want := range askBash(t, texts) {
		if got := ours(texts[i]); got != want && !strings.Contains(want, "bad array subscript\n") {
			t.Errorf("%q\n got %s\nbash %s", texts[i], got, want)
		}
	}
}
