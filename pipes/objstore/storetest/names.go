package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sshell/pipes/objstore"
)

// strange are keys that a store may be tempted to treat alike, or to take for something else.
var strange = []string{
	".", "..", "...", "../..", "../../etc/passwd", "a/../b", "a/./b", "./a", ".a", "..a", "a..", "a/..",
	"a", "a/", "a//", "a//b", "a/b", "a/b/", "a b", " ", "a\nb", "a\tb",
	"%", "%%", "%25", "%2525", "%2E", "%2F", "%file", "a%file", "a%+", "%+", "%+/b", "a%2", "50%", "%/x", ".%sshell", ".%sshell/lock",
	"-", "--", "~", "*", "?", "[x]", "\\", "a\\b", "'", "\"", "$HOME", "lock", "put-x", "tmp/x",
	"é", "\xff", "\xc3", "a\xffb/c\xfe", "\x01", "\x7f",
	strings.Repeat("k", objstore.MaxKey),
	strings.Repeat("k", objstore.MaxKey-2) + "/x",
	strings.Repeat("d/", objstore.MaxKey/2-1) + "x",
	strings.Repeat("n", 249), strings.Repeat("n", 250), strings.Repeat("n", 251), strings.Repeat("n", 255), strings.Repeat("n", 256),
	strings.Repeat("n", 250) + "/x", strings.Repeat("n", 250) + ".", strings.Repeat("n", 250) + "..",
	strings.Repeat("n", 251) + "/x", strings.Repeat("n", 250) + "!", strings.Repeat("n", 250) + "!/x",
	strings.Repeat("n", 249) + "%", strings.Repeat("n", 248) + "%", strings.Repeat("n", 248) + "%%z", strings.Repeat("%", 300),
	strings.Repeat("n", 250) + "%file", strings.Repeat("n", 250) + "%+",
	strings.Repeat("n", 500), strings.Repeat("n", 500) + "/" + strings.Repeat("m", 500),
}

func testStrangeKeys(t *testing.T, s objstore.Store, with traits) {
	strange := with.fit(strange)
	for _, key := range strange {
		put(t, s, key, "data of "+key)
	}
	for _, key := range strange {
		want(t, s, key, "data of "+key)
	}
	sorted := slices.Sorted(slices.Values(strange))
	wantKeys(t, s, "", sorted...)
	for _, prefix := range strange {
		var below []string
		for _, key := range sorted {
			if strings.HasPrefix(key, prefix) {
				below = append(below, key)
			}
		}
		wantKeys(t, s, prefix, below...)
	}
	for i, key := range strange {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete %.80q: %v", key, err)
		}
		wantMissing(t, s, key)
		if i%16 == 0 {
			rest := slices.Sorted(slices.Values(strange[i+1:]))
			wantKeys(t, s, "", rest...)
		}
	}
	wantKeys(t, s, "")
}

// testKeyAndFolder has objects whose keys are the folders of others', in both orders.
func testKeyAndFolder(t *testing.T, s objstore.Store) {
	put(t, s, "a", "1")
	put(t, s, "a/b", "2")
	put(t, s, "a/b/c", "3")
	put(t, s, "x/y/z", "4")
	put(t, s, "x/y", "5")
	put(t, s, "x", "6")
	want(t, s, "a", "1")
	want(t, s, "a/b", "2")
	want(t, s, "x", "6")
	wantKeys(t, s, "", "a", "a/b", "a/b/c", "x", "x/y", "x/y/z")
	wantKeys(t, s, "a/", "a/b", "a/b/c")
	put(t, s, "a", "new")
	want(t, s, "a", "new")
	if err := s.Delete(t.Context(), "a/b", "a/b/c"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "newer")
	want(t, s, "a", "newer")
	wantKeys(t, s, "a", "a")
	put(t, s, "a/q", "7")
	want(t, s, "a", "newer")
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, s, "a")
	wantKeys(t, s, "a", "a/q")
	if err := s.Put(t.Context(), "x", strings.NewReader("no"), 2, true); err == nil {
		t.Error("create of a key that exists beside its folder succeeded")
	}
	if err := s.Delete(t.Context(), "x/y/z", "x/y", "x", "a/q"); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, s, "")
}

func testListOrder(t *testing.T, s objstore.Store, with traits) {
	all := with.fit([]string{"a", "a!", "a!/x", "a-", "a.b", "a/", "a/b", "a/b.c", "a/b/c", "a0", "aa", "b", "B", "b/c", "Z/z", "é", "\xff/\xfe"})
	for _, key := range all {
		put(t, s, key, key)
	}
	slices.Sort(all)
	for _, prefix := range append([]string{"", "a/b/", "c", "a//", "x/y", "a/b/c/d", "/", "a\x00", strings.Repeat("p", 2000), "\xff"}, all...) {
		var below []string
		for _, key := range all {
			if strings.HasPrefix(key, prefix) {
				below = append(below, key)
			}
		}
		wantKeys(t, s, prefix, below...)
	}
}

func testListStops(t *testing.T, s objstore.Store) {
	for _, key := range []string{"a", "b/c", "b/d", "e"} {
		put(t, s, key, "x")
	}
	for n := 1; n <= 3; n++ {
		seen := 0
		for _, err := range s.List(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen == n {
				break
			}
		}
		if seen != n {
			t.Errorf("a loop that stops after %d objects saw %d", n, seen)
		}
	}
}

// testListUsesStore changes the store from within a listing.
func testListUsesStore(t *testing.T, s objstore.Store, with traits) {
	below := "/below"
	if with.has(Files) {
		below = ".beside"
	}
	for _, key := range []string{"a/1", "a/2", "b/1", "b/2", "c/1"} {
		put(t, s, key, "x")
	}
	seen := map[string]int{}
	for o, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		seen[o.Key]++
		put(t, s, o.Key, "y")
		put(t, s, o.Key+below, "z")
		put(t, s, "A", "earlier")
		if o.Key == "a/1" {
			if err := s.Delete(t.Context(), "b/1", "b/2"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, key := range []string{"a/1", "a/2", "c/1"} {
		if seen[key] != 1 {
			t.Errorf("listing gave %q, which was there throughout, %d times", key, seen[key])
		}
		want(t, s, key, "y")
	}
}

func testListDescribes(t *testing.T, s objstore.Store) {
	before := time.Now().Add(-2 * time.Second) // as coarse as stores' clocks are
	put(t, s, "a/k", "12345")
	for o, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if o.Key != "a/k" || o.Size != 5 || o.ModTime.Before(before) || o.ModTime.After(time.Now().Add(2*time.Second)) {
			t.Errorf("listing describes the object as %+v", o)
		}
		stat, err := objstore.Stat(t.Context(), s, "a/k")
		if err != nil || stat.Key != o.Key || stat.Size != o.Size || !stat.ModTime.Equal(o.ModTime) || stat.Version != o.Version {
			t.Errorf("Stat gives %+v, %v, the listing %+v", stat, err, o)
		}
	}
}
