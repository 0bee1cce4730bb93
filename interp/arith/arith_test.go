package arith

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// cases are compared with bash: value or message, and variables afterwards.
var cases = []string{
	// empty and blank
	"", "  ", "\t1\t", "1\n+\n2", "1\r+2",
	// numbers
	"0", "00", "007", "010", "08", "1+08+2", "0x", "0X1F", "0xFf", "0xg", "0xG", "0x1_2", "012#3", "0#1",
	"2#2", "2#1011", "1#1", "65#1", "2#", "5#", "64#@", "64#_", "64#Z", "36#Z", "36#z", "37#a", "37#A",
	"62#Z", "63#@", "63#_", "16#FF", "8#7", "8#8", "3#12", "10#08", "1##2", "10#1#2", "10#_", "10#@",
	"10#-5", "-10#5", "1a", "1_000", "0b1", "1@", "#5",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616",
	"99999999999999999999999", "0777777777777777777777777", "0xfffffffffffffffff",
	// unary
	"~5", "!5", "!!5", "! 0", "~-1", "+5", "+ +5", "+-5", "-+-5", "--5", "- -5", "++5", "+ + x", "- - n",
	"-n", "-x", "!x", "~n", "-2**2", "!0**2",
	// increments
	"x++", "++x", "x--", "--x", "x ++ + y", "x+++y", "x---y", "x+ ++y", "x++5", "x++y", "x--5", "5++", "5 ++",
	"5--", "5--5", "5++x", "5--x", "5+++x", "5---x", "++x++", "--x--", "x++ ++", "x++ --", "x -- y", "-- x",
	"++ 5", "++(x)", "(x)++", "++u", "u--", "x++ + x++", "x++ * ++x", "z++", "++s", "big++", "big+1",
	// binary
	"1+2*3", "(1+2)*3", "7/2", "-7/2", "7%3", "-7%3", "7%-3", "2**10", "2**3**2", "2**0", "0**0", "2**64", "n**3",
	"3**40", "2**-1", "0&&2**-1", "1||2**-1", "1?2:2**-1", "0?2**-1:3", "0&&2**-u", "0&&2**-x", "u&&(x=5)**-1",
	"big*2", "-big-1", "(-big-1)/-1", "(-big-1)%-1", "1<<3", "1<<63", "1<<64", "1<<-1", "-1>>1", "-1>>65", "256>>4",
	"1<2", "2<1", "1<=1", "1>=2", "1>0", "1==1", "1!=1", "1==2==0", "1<2<3", "3>2>1", "5&3", "5|3", "5^3",
	"1|2^3&4", "1<<2+1", "1+1==2&&3", "3&&2", "0||2", "0||0", "1&&0", "1||1/0", "0&&1/0", "1?2:1/0", "0&&(x=5)",
	"1||x++", "x<y?x:y", "1<2?3:4", "1==1==1", "8>>1<<1", "10-2-3", "100/10/2", "2*3%4",
	// division
	"1/0", "1/0+2", "1%0", "1 /  ( 0 ) + 3", "x/=0", "x%=0", "x/= 0 , 3", "1/s", "1/(x-7)", "1/\t0",
	// the conditional
	"1?2:3", "0?2:3", "1?2:3?4:5", "0?2:0?4:5", "1 ? 2 : 3", "1?:2", "1?2", "1?2:", "1?2:3:4", "0?1,2:3,4",
	"x?y=5:(z=6)", "x?y:x=5", "x ? x : ", "0 ? 08 : 1", "1?x=2:3", "0?x=2:3", "1?2?3:4:5",
	// assignment
	"x=5", "x=y=3", "x=5,x", "x+=y+=2", "x-=2", "x*=y", "x/=y", "x%=y", "x<<=2", "x>>=1", "x&=5", "x|=8", "x^=1",
	"x = 5", "u=1", "u+=1", "z+=1", "s+=2", "w+=1", "x=x*x", "x**=2", "7=5", "1+x=5", "-x=5", "!x=5", "+x=5", "(x)=5",
	"(x=5)", "x=(y=2)+1", "1&&x=5", "0||x=5", "1,x=3", "x++=7", "--x=9", "++x=9", "x=", "x==", "x = = 5", "x+=",
	"x=>2", "1=<2", "x=-1", "x=+1", "x+ =2", "x+=x++", "x=x++", "x=++x", "x=x+++x", "(x+=1)*x",
	// comma
	"1,2", "x=1,y=2", ",1", "1,", "1,,2", "(1,2)", "1,2,3",
	// variables
	"x", "u", "u+1", "z", "z*2", "s", "w", "w*w", "bad", "self", "x+bad", "0&&bad", "0*bad", "big",
	// arrays
	"a", "a[0]", "a[1]", "a[2]", "a[3]", "a[-1]", "a[x-6]", "a[a[0]-9]", "a[1]=4", "a[3]=4", "a[1]+=4", "a[1]++",
	"++a[1]", "a[-1]=1", "a=1", "a++", "a[u++]", "a[u++]=u", "a[u++]+=5", "a[u]++ + a[u]", "a[u++]++", "--a[u++]",
	"a[ 1 ]", "a[ ]", "a[1", "a[", "a]", "a[0]]", "a [1]", "a[1]=a[0]=3", "x[0]", "x[1]", "x[0]=4",
	"a[1+]", "a[08]", "1+a[08]", "a[1]a[2]", "a[1]+a[2]", "a[(1)]", "a[0,1]", "0&&a[1+]", "0&&(a[1]=5)",
	"h[k]", "h[k]++", "h[k]+=2", "h[x]", "h[x]=1", "h[nope]", "h[k]+h[x]", "a[h[k]-4]",
	// recursion of a subscript
	"a[2]=x", "a[a[2]-1]",
	// faults
	"1+", "1 + ", "*5", "5*", "1***2", "1 2", "x y", "(1", "1)", "()", "(1+2", "((1)", "@", "1 @", "x @", "(1) @",
	"1 ;", ";", ".5", "1.5", "x.5", "{1}", "[1]", "\xc3\xa9", "1\xc3\xa9", "\xff", "x:=2", "1:2", "1 &&", "1 ||",
	"&& 1", "1 & & 1", "1 | | 1", "x=5,1+", "x=5,@", "x=5 @", "x=5 y", "x++ @", "x++ y", "y=(x=5", "y=(x=5)@",
	"x=9,(y=2)=3", "1?(x=5),2", "x=1?(y=2)", "0&&x+", "x=3,y=08", "x=1/0,y=5", "y=1,x/=0,y=2", "!", "~", "-", "+", "x+",
	"1 + + ", "1 ? 2 : : 3", "=", "=5", "x=y z", "%1", "1 %% 2", "a b c", "x[", "x[1]]", "1=", "2+=3", "^1", "1^^2",
}

func TestAgainstBash(t *testing.T) { compare(t, cases) }

// TestDepth: a chain of 1022 names is evaluated, one of 1023 is not.
func TestDepth(t *testing.T) {
	s := newState()
	for i := range 1023 {
		s.scalars[fmt.Sprint("v", i)] = fmt.Sprint("v", i+1)
	}
	s.scalars["v1023"] = "5"
	if n, err := Eval("v1", s); n != 5 || err != nil {
		t.Errorf("v1: got %d, %v", n, err)
	}
	const want = `expression recursion level exceeded (error token is "v1023")`
	if _, err := Eval("v0", s); err == nil || err.Error() != want {
		t.Errorf("v0: got %v, want %s", err, want)
	}
}

func TestNesting(t *testing.T) {
	deep := strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000)
	if n, err := Eval(deep, newState()); n != 1 || err != nil {
		t.Errorf("5000 parentheses: got %d, %v", n, err)
	}
	if n, err := Eval(strings.Repeat("1+", 100_000)+"1", newState()); n != 100_001 || err != nil {
		t.Errorf("a sum of 100001 ones: got %d, %v", n, err)
	}
	for _, hostile := range []string{
		"(", "!", "-", "1?", "1?2:", "x=", "a[", "2**", "~ ", "1?(", strings.Repeat("1,", 100), strings.Repeat("1+", 100),
	} {
		text := strings.Repeat(hostile, 20_000)
		if _, err := Parse(text); err == nil {
			t.Errorf("20000 times %q: no error", hostile)
		}
	}
}

// TestNestedSubscripts: bash gives up at 1024 subscripts in each other.
func TestNestedSubscripts(t *testing.T) {
	text := func(n int) string { return strings.Repeat("a[", n) + "9" + strings.Repeat("]", n) }
	for n, fails := range map[int]bool{1000: false, 1100: true, 11_000: true} {
		if _, err := Eval(text(n), newState()); (err != nil) != fails {
			t.Errorf("%d subscripts: %v", n, err)
		}
	}
}

// failing returns an error for each method, to see that Eval passes it on.
type failing struct{ *state }

var errRefused = errors.New("refused")

func (failing) Get(string) (string, bool, error)             { return "", false, errRefused }
func (failing) Set(string, string) error                     { return errRefused }
func (failing) GetElem(string, string) (string, bool, error) { return "", false, errRefused }
func (failing) SetElem(string, string, string) error         { return errRefused }
func (failing) GetIndex(string, int64) (string, bool, error) { return "", false, errRefused }
func (failing) SetIndex(string, int64, int64) error          { return errRefused }

func TestErrorsOfVars(t *testing.T) {
	for _, text := range []string{"x", "x=1", "x+=1", "a[1]", "a[1]=2", "a[x]", "h[k]", "h[k]=1", "1+x", "x?1:2",
		"1?x:2", "1&&x", "0||x", "x++", "--a[1]", "2**x", "-x", "y=x", "1,x"} {
		if _, err := Eval(text, failing{newState()}); !errors.Is(err, errRefused) {
			t.Errorf("%s: got %v", text, err)
		}
	}
	for _, text := range []string{"1||x", "0&&x=1", "0?x:1", "0&&(x=1)"} {
		if _, err := Eval(text, failing{newState()}); errors.Is(err, errRefused) {
			t.Errorf("%s: reads a variable that it skips", text)
		}
	}
}

// TestPlainVars: without IndexVars, subscripts go to the implementer raw.
func TestPlainVars(t *testing.T) {
	for text, want := range map[string]int64{"a[1]": 20, "a[x-6]+=1": 21, "a[1]++": 20, "h[k]=3": 3, "x=a[1]": 20} {
		n, err := Eval(text, struct{ Vars }{newState()})
		if n != want || err != nil {
			t.Errorf("%s: got %d, %v, want %d", text, n, err, want)
		}
	}
}

func TestCachedConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2 * cacheEntries {
				text := fmt.Sprintf("%d + %d", i, g%2)
				e, err := Cached(text)
				if err != nil {
					t.Errorf("%s: %v", text, err)
					return
				}
				if n, err := e.Eval(nil); n != int64(i+g%2) || err != nil {
					t.Errorf("%s = %d, %v", text, n, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if n := len(cache.exprs); n > cacheEntries {
		t.Errorf("cache holds %d expressions", n)
	}
	long := strings.Repeat("1+", cacheText) + "1"
	if _, err := Cached(long); err != nil || cache.exprs[long] != nil {
		t.Errorf("a long text was kept, or failed: %v", err)
	}
}
