package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"
)

// pipeline is a script for the shell under test, the script that bash has for it, and their input.
type pipeline struct {
	ours, bash string
	input      []byte
	// signal is sent to the shell under test after some time; 0 for none.
	signal syscall.Signal
	after  time.Duration
}

// perLine are commands that do the same to each line, so that chunks of lines can be done apart.
var perLine = []string{
	"cat", "tr a-z A-Z", "sed s/1/one/", "cut -c 1-5", "grep 7", "grep -v 3", "rev", "tac", "up", "'while IFS= read -r x; do echo \"<$x>\"; done'",
	"sh -c 'cat; kill -9 $$'", "sh -c 'tr a-z A-Z; exit 3'", "'cat; echo done >&2' 2> err",
}

// whole are commands that must see all of their input.
var whole = []string{
	"sort", "sort -r", "uniq -c", "wc -l", "cksum", "tail -n 3", "count", "'sort | uniq -c | sort -rn'", "head -n 2", "tac",
	"awk '{ n += length($0) } END { print n, NR }'", "'head -n 4 | up'", "md5sum", "'sort > $STORE/kept; wc -c'",
}

// prologue is what the scripts of both shells begin with.
const prologue = `up() { local x; while IFS= read -r x; do printf '%s\n' "${x^^}"; done; }
count() { local n=0 x; while IFS= read -r x; do ((n++)); done; echo "$n lines"; }
`

// maker makes one pipeline.
type maker struct {
	*rand.Rand
	ours, bash []string // stages
	leaves     bool     // a reader may leave early, and what its writers' statuses are is left to chance
	large      bool     // the input is
	writes     []string // files that a stage writes
}

// signalWithin is when a signal comes at the latest. A pipeline without faults takes less, and signals come sooner mostly.
const signalWithin = 3 * time.Second

// newPipeline makes the pipeline of that number of a seed.
func newPipeline(seed uint64, number int) *pipeline {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, uint64(number)))}
	p := &pipeline{input: m.data()}
	m.begin()
	for range m.IntN(4) {
		m.stage()
	}
	sinkOurs, sinkBash := m.sink()
	head := prologue
	if !m.leaves && m.IntN(2) == 0 {
		head += "set -o pipefail\n"
	}
	if m.IntN(8) == 0 {
		p.signal, p.after = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[m.IntN(2)], time.Duration(m.Int64N(int64(signalWithin)>>m.IntN(5)))
	}
	p.ours = head + m.before() + strings.Join(m.ours, " | ") + sinkOurs + "\n"
	p.bash = head + strings.Join(m.bash, " | ") + sinkBash + "\n"
	return p
}

func (m *maker) pick(list []string) string { return list[m.IntN(len(list))] }

// data is the file `in`: lines of numbers or letters, none, few or many, the last without its end at times.
func (m *maker) data() []byte {
	sizes := []int{0, 1, 100, 5_000, 5_000, 200_000, 200_000, 3_000_000, 3_000_000, 10_000_000}
	size := sizes[m.IntN(len(sizes))]
	m.large = size > 1_000_000
	var b strings.Builder
	for b.Len() < size {
		switch m.IntN(3) {
		case 0:
			fmt.Fprintf(&b, "%d\n", m.IntN(1000))
		case 1:
			fmt.Fprintf(&b, "word %d and %x\n", m.IntN(50), m.Uint32())
		default:
			b.WriteString(strings.Repeat(string(rune('a'+m.IntN(26))), m.IntN(80)) + "\n")
		}
	}
	text := b.String()
	if m.IntN(4) == 0 {
		text = strings.TrimSuffix(text, "\n")
	}
	return []byte(text)
}

// before is what makes the objects that the pipeline reads.
func (m *maker) before() string {
	for _, s := range m.ours {
		if strings.Contains(s, "$STORE/in") {
			return "cat in > $STORE/in || exit\n"
		}
	}
	return ""
}

// begin makes the first stages.
func (m *maker) begin() {
	switch m.IntN(6) {
	case 0:
		m.both("cat in")
	case 1:
		c := m.pick(perLine)
		m.ours = append(m.ours, m.placed(c)+" < "+m.pick([]string{"in", "$STORE/in"}))
		m.bash = append(m.bash, plain(c)+" < in")
	case 2:
		n := m.IntN(20000)
		m.ours = append(m.ours, fmt.Sprintf("%sseq %d", m.on(), n))
		m.bash = append(m.bash, fmt.Sprintf("seq %d", n))
	case 3:
		n, c := 1+m.IntN(12), m.pick([]string{"echo", "'echo {}; echo x{}'", "printf '%s\\n' -"})
		m.ours = append(m.ours, fmt.Sprintf("parmap --on lambda -j%d %s ::: $(seq %d)", 1+m.IntN(4), c, n))
		m.bash = append(m.bash, fmt.Sprintf("for i in $(seq %d); do %s; done", n, map[string]string{
			"echo": "echo $i", "'echo {}; echo x{}'": "echo $i; echo x$i", "printf '%s\\n' -": "printf '%s\\n' - $i",
		}[c]))
	default:
		m.split()
	}
}

// split makes the main job: chunks of the input, each of them done apart.
func (m *maker) split() {
	if m.IntN(8) == 0 {
		m.nested()
		return
	}
	c := m.pick([]string{"cat", "tr a-z A-Z", "sed s/1/one/", "cut -c 1-5", "up", "'cat; true'"})
	size := m.pick([]string{"-b 20K", "-b 300K", "-n 3", "-b 1M", "-l 2000"})
	if m.large {
		size = m.pick([]string{"-b 1M", "-n 3"})
	}
	from := m.pick([]string{" in", " $STORE/in", " < in"})
	m.ours = append(m.ours, "split "+size+from, m.pick([]string{"parmap --on lambda ", "parmap --on lambda -j2 "})+c)
	m.bash = append(m.bash, plain(c)+" < in")
	switch m.IntN(6) {
	case 0:
		m.ours, m.bash = append(m.ours, "reduce --tree --on lambda cat"), append(m.bash, "cat")
	case 1:
		m.ours, m.bash = append(m.ours, "reduce --tree=2 --on lambda sort"), append(m.bash, "sort")
	case 2:
		m.ours, m.bash = append(m.ours, "reduce --by 1,1 -p 3 --on lambda 'sort | uniq -c'", "sort"), append(m.bash, "sort", "uniq -c", "sort")
	}
}

// nested makes a stage in a function that starts more of them.
func (m *maker) nested() {
	n, x := 1+m.IntN(4), m.IntN(100)
	switch m.IntN(3) {
	case 0:
		m.ours = append(m.ours, fmt.Sprintf("on lambda 'parmap --on lambda \"echo {}{}\" ::: $(seq %d)'", n))
		m.bash = append(m.bash, fmt.Sprintf("for i in $(seq %d); do echo $i$i; done", n))
	case 1:
		m.ours = append(m.ours, fmt.Sprintf("on lambda 'seq %d | on lambda --memory 256 tac | on lambda sort'", 100*x))
		m.bash = append(m.bash, fmt.Sprintf("seq %d | sort", 100*x))
	default:
		m.ours = append(m.ours, fmt.Sprintf("parmap --on lambda 'seq {} | parmap --on lambda seq' ::: $(seq %d)", n))
		m.bash = append(m.bash, fmt.Sprintf("for i in $(seq %d); do for j in $(seq $i); do seq $j; done; done", n))
	}
}

// stage adds one.
func (m *maker) stage() {
	c := m.pick(perLine)
	if m.IntN(2) == 0 {
		c = m.pick(whole)
	}
	if strings.Contains(c, "head") {
		m.leaves = true
	}
	for _, file := range []string{"$STORE/kept", "2> err"} {
		switch {
		case !strings.Contains(c, file):
		case slices.Contains(m.writes, file): // two who write one file at a time make anything of it
			c = "wc -c"
		default:
			m.writes = append(m.writes, file)
		}
	}
	m.ours = append(m.ours, m.placed(c))
	m.bash = append(m.bash, plain(c))
}

func (m *maker) both(stage string) {
	m.ours, m.bash = append(m.ours, stage), append(m.bash, stage)
}

// on says where a stage runs: in three of four cases it leaves.
func (m *maker) on() string {
	return m.pick([]string{"", "on lambda ", "on lambda ", "on lambda ", "on lambda --memory 256 ", "on lambda --timeout 50s "})
}

// placed gives a command where it may run.
func (m *maker) placed(c string) string {
	if on := m.on(); on != "" {
		return on + c
	}
	return plain(c)
}

// plain gives a command without on: source in quotes becomes a group, which may be redirected.
func plain(c string) string {
	source, ok := strings.CutPrefix(c, "'")
	if !ok {
		return c
	}
	end := strings.LastIndex(source, "'")
	return "{ " + source[:end] + "; }" + source[end+1:]
}

// sink says where the output goes.
func (m *maker) sink() (ours, bash string) {
	switch m.IntN(5) {
	case 0:
		return " > out", " > out"
	case 1:
		return " > $STORE/out", " > $STORE/out"
	case 2:
		return " | bash -c 'sort > sorted && mv sorted out'", " | bash -c 'sort > sorted && mv sorted out'"
	case 3:
		return " | { cat > out; echo end > end; }", " | { cat > out; echo end > end; }"
	}
	return "", ""
}
