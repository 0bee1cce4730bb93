package chunk

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

type input struct{ format, name, data string }

// wellFormed are small inputs that every format must take, chosen to be hard to
// cut.
func wellFormed() []input {
	var all []input
	add := func(format, name, data string) { all = append(all, input{format, name, data}) }

	for _, f := range []string{"lines", "map", "jsonl", "nul", "bytes", "sam", "csv", `recend:\n`, `recend:;`} {
		add(f, "empty", "")
		add(f, "one byte", "x")
		add(f, "no end", "no record end in here")
		add(f, "only newlines", "\n\n\n\n")
		add(f, "only NULs", "\x00\x00\x00")
		add(f, "lines", "a\nbb\n\nccc\ndddd\n")
		add(f, "no final newline", "a\nbb\n\nccc\ndddd")
		add(f, "crlf", "a\r\nbb\r\n\r\nccc\r\n")
		add(f, "binary", "\xff\x00\n\xfe\x00\x00\n\n;\xc3\x28;\x00")
		add(f, "one long", "a\n"+strings.Repeat("b", 90)+"\nc\nd;e\n")
	}
	add("nul", "paths", "./a\x00./b\nc\x00./d\x00")

	for _, end := range []string{"\n", "\r\n"} {
		for _, final := range []bool{true, false} {
			name := fmt.Sprintf("%q final %v", end, final)
			for _, in := range fastqInputs() {
				add("fastq", in.name+" "+name, lineEnds(in.data, end, final))
			}
			for _, in := range fastaInputs() {
				add("fasta", in.name+" "+name, lineEnds(in.data, end, final))
			}
			for _, in := range samInputs() {
				add("sam", in.name+" "+name, lineEnds(in.data, end, final))
			}
			for _, in := range csvInputs() {
				add("csv", in.name+" "+name, lineEnds(in.data, end, final))
			}
		}
	}
	add("fastq", "empty", "")
	add("fasta", "empty", "")
	add("fasta", "before the first", "; a comment\n>a\nAC\n>b\nGT\n")
	return append(all, byExpression()...)
}

func lineEnds(data, end string, final bool) string {
	if !final {
		data = strings.TrimSuffix(data, "\n")
	}
	return strings.ReplaceAll(data, "\n", end)
}

func fastqInputs() []input {
	record := func(name, seq, plus, qual string) string {
		return "@" + name + "\n" + seq + "\n+" + plus + "\n" + qual + "\n"
	}
	join := func(records ...string) string { return strings.Join(records, "") }
	worst := join(
		record("r1", "ACGT", "", "@@@@"), record("r2", "ACGT", "", "++++"), record("r3", "ACGT", "", "@+@+"),
		record("r4", "ACGT", "", "+@+@"), record("@", "A", "@", "@"), record("+", "A", "+", "+"), record("", "A", "", "@"))
	return []input{
		{name: "one", data: record("r", "ACGT", "", "IIII")},
		{name: "quality begins as a header", data: worst},
		{name: "repeated names", data: join(record("a", "AC", "a", "@I"), record("b", "GT", "b", "@+"), record("c", "N", "c", "+"))},
		{name: "empty sequences", data: join(record("a", "", "", ""), record("b", "", "", ""), record("c", "ACG", "", "@@+"), record("d", "", "", ""), record("e", "A", "", "@"))},
		{name: "uniform", data: strings.Repeat(record("r", "ACGTACGT", "", "@@@@@@@@"), 5)},
		{name: "binned", data: randomFASTQ(6, "#-8F@")},
		{name: "long record", data: join(record("a", "A", "", "@"), record("long", strings.Repeat("ACGT", 30), "", strings.Repeat("@+", 60)), record("b", "C", "", "+"))},
	}
}

func randomFASTQ(n int, qualities string) string {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for i := range n {
		length := rnd.IntN(12)
		seq, qual := make([]byte, length), make([]byte, length)
		for j := range length {
			seq[j] = "ACGTN"[rnd.IntN(5)]
			qual[j] = qualities[rnd.IntN(len(qualities))]
		}
		fmt.Fprintf(&b, "@r%d\n%s\n+\n%s\n", i, seq, qual)
	}
	return b.String()
}

func fastaInputs() []input {
	return []input{
		{name: "one", data: ">a\nACGT\n"},
		{name: "lines", data: ">a x>y\nACGT\nACGT\nA\n>b\n>c\nAC\n\n>d >e\nGT\n"},
		{name: "long", data: ">a\n" + strings.Repeat("ACGT\n", 25) + ">b\nA\n"},
	}
}

func samInputs() []input {
	header := "@HD\tVN:1.6\n@SQ\tSN:1\tLN:9\n@CO\t@@\n"
	return []input{
		{name: "header", data: header + "r1\t0\t1\t1\t@\nr2\t4\t*\n\nr3\t@\n"},
		{name: "header only", data: header},
		{name: "no header", data: "r1\t0\nr2\t0\n"},
		{name: "two headers", data: header + "r1\t0\n" + header + "r2\t0\n"},
	}
}

func csvInputs() []input {
	return []input{
		{name: "quoted newlines", data: "a,\"b\nc\",d\n\"\n\n\",x\n\"\"\n1,2\n"},
		{name: "escaped quotes", data: "\"a\"\"\n\"\"b\",c\n\"\"\"\"\n\"\"\"\n\"\"\"\nlast\n"},
		{name: "quote after quote", data: "\"\"\"\"\"\"\n\"x\"\n\"\n\"\n"},
		{name: "long", data: "a\n\"" + strings.Repeat("b\n", 30) + "\"\nc\n"},
	}
}

func byExpression() []input {
	log := "[1] a\n  at b\n[2] c\n[3] d\n  [x]\n  at e\n\n[4] f\n"
	text := "one\n\ntwo\n\n\nthree é\xff€x\n\n"
	var all []input
	for _, re := range []string{`record:^\[`, `record:\d`, `record:^$`, `record:a$|f$`,
		`recstart:^\[`, `recstart:\[`, `recstart:\bat\b`, `recstart:\n\[`, `recstart:^\[.*\n +`, `recstart:^ |^\[[12]`, `recstart:(^)`, `recstart:^ *a|\[`, `recend:^`, `recend:(^.)\b`,
		`recend:\n`, `recend:\]`, `recend:^ .*$`, `recend:\n\n`, `recend:a|b.*\n`} {
		all = append(all, input{re, "log", log}, input{re, "crlf", lineEnds(log, "\r\n", false)})
	}
	for _, re := range []string{`record:o`, `recstart:t`, `recstart:\n\n`, `recstart:[^a-z]`, `recstart:é|€`,
		`recstart:\B.`, `recstart:.*o`, `recend:\n\n`, `recend:\n{2,3}`, `recend:\W`, `recend:.`, `recend:$`, `recend:.+\n`, `recend:(?i)T.*E`} {
		all = append(all, input{re, "text", text}, input{re, "twice", text + text})
	}
	return all
}
