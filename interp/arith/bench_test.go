package arith

import "testing"

// numbers is the Vars that the benchmarks use: one variable a name, as the
// evaluator has them in its scopes.
type numbers map[string]*int64

func (v numbers) Get(string) (string, bool, error)             { return "", false, nil }
func (v numbers) Set(string, string) error                     { return nil }
func (v numbers) GetElem(string, string) (string, bool, error) { return "", false, nil }
func (v numbers) SetElem(string, string, string) error         { return nil }
func (v numbers) SetInt(name string, n int64) error            { *v[name] = n; return nil }

func (v numbers) GetInt(name string) (int64, bool) {
	if p := v[name]; p != nil {
		return *p, true
	}
	return 0, false
}

func BenchmarkEval(b *testing.B) {
	for _, text := range []string{"i++", "i<1000000", "x=x*31+i%7", "(x+i)*2>7 && i?1:0"} {
		b.Run(text, func(b *testing.B) {
			v := numbers{"i": new(int64), "x": new(int64)}
			e, err := Parse(text)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Eval(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("x=x*31+i%7"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCached(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Cached("x=x*31+i%7"); err != nil {
			b.Fatal(err)
		}
	}
}
