package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// pipeline is a script for the shell under test, the script that bash has for it, and their input.
type pipeline struct {
	ours, bash string
	input      []byte
}

// perLine are commands that do the same to each line, so that chunks of lines can be done apart.
var perLine = []string{
	"cat", "tr a-z A-Z", "sed s/1/one/", "cut -c 1-5", "grep 7", "grep -v 3", "rev", "tac", "up", "'while IFS= read -r x; do echo \"<$x>\"; done'",
}

// whole are commands that must see all of their input.
var whole = []string{
	"sort", "sort -r", "uniq -c", "wc -l", "cksum", "tail -n 3", "count", "'sort | uniq -c | sort -rn'", "head -n 2", "tac",
	"awk '{ n += length($0) } END { print n, NR }'", "'head -n 4 | up'", "md5sum",
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
}

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
	p.ours = head + m.before() + strings.Join(m.ours, " | ") + sinkOurs + "\n"
	p.bash = head + strings.Join(m.bash, " | ") + sinkBash + "\n"
	return p
}

func (m *maker) pick(list []string) string { return list[m.IntN(len(list))] }

// data is the file `in`: lines of numbers or letters, none, few or many, the last without its end at times.
func (m *maker) data() []byte {
	sizes := []int{0, 1, 100, 5_000, 200_000, 3_000_000}
	size := sizes[m.IntN(len(sizes))]
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
	c := m.pick([]string{"cat", "tr a-z A-Z", "sed s/1/one/", "cut -c 1-5", "up", "'cat; true'"})
	if m.IntN(8) == 0 {
		m.ours = append(m.ours, fmt.Sprintf("on lambda 'parmap --on lambda \"echo {}{}\" ::: %d %d'", m.IntN(100), m.IntN(100)))
		words := strings.Fields(strings.Trim(m.ours[0][strings.Index(m.ours[0], ":::")+3:], "'"))
		m.bash = append(m.bash, fmt.Sprintf("for i in %s; do echo $i$i; done", strings.Join(words, " ")))
		return
	}
	size := m.pick([]string{"-b 20K", "-b 300K", "-n 3", "-b 1M", "-l 2000"})
	from := m.pick([]string{" in", " $STORE/in", " < in"})
	m.ours = append(m.ours, "split "+size+from, m.pick([]string{"parmap --on lambda ", "parmap --on lambda -j2 "})+c)
	m.bash = append(m.bash, plain(c)+" < in")
	if c == "cat" && m.IntN(3) == 0 {
		m.ours = append(m.ours, "reduce --tree --on lambda cat")
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

// plain gives a command without on: source in quotes becomes a group.
func plain(c string) string {
	if source, ok := strings.CutPrefix(c, "'"); ok {
		return "{ " + strings.TrimSuffix(source, "'") + "; }"
	}
	return c
}

// sink says where the output goes.
func (m *maker) sink() (ours, bash string) {
	switch m.IntN(3) {
	case 0:
		return " > out", " > out"
	case 1:
		return " > $STORE/out", " > $STORE/out"
	}
	return "", ""
}
