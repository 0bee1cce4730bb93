package ship

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestLocaleFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"de_DE.utf8", "de_DE", "de", "fr_FR.utf8", "zones/Here/There"} {
		write(t, filepath.Join(dir, name, "LC_TIME"), "", 0o644)
	}
	zone := write(t, filepath.Join(dir, "zones/Zone"), "", 0o644)
	at := func(names ...string) []string {
		for i, n := range names {
			names[i] = filepath.Join(dir, n)
		}
		return names
	}
	tests := []struct {
		name string
		env  []string
		want []string
	}{
		{"none", []string{"TZ="}, nil},
		{"C", []string{"LC_ALL=C", "LANG=de_DE.UTF-8", "TZ="}, nil},
		{"all of a name", []string{"LANG=de_DE.UTF-8@euro", "TZ="}, at("de_DE", "de_DE.utf8", "de")},
		{"LC_ALL before", []string{"LC_TIME=de_DE.UTF-8", "LC_ALL=fr_FR.UTF-8", "TZ="}, at("fr_FR.utf8")},
		{"one category", []string{"LC_TIME=fr_FR.utf8", "LANG=C", "TZ="}, at("fr_FR.utf8")},
		{"unknown", []string{"LANG=xx_XX.UTF-8", "TZ="}, nil},
		{"zone", []string{"TZ=:Zone"}, []string{zone}},
		{"zone by path", []string{"TZ=" + zone}, []string{zone}},
		{"no zone", []string{"TZ=CET-1CEST"}, nil},
		{"folder of zones", []string{"TZ=Here"}, nil},
		{"zone outside", []string{"TZ=../zones/Zone"}, nil},
	}
	for _, tt := range tests {
		got := paths(Locale(append(tt.env, "LOCPATH="+dir, "TZDIR="+dir+"/zones"), ""))
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMuslNames(t *testing.T) {
	for name, want := range map[string]bool{"libc.so": true, "libc.musl-x86_64.so.1": true, "libpthread.so.0": true,
		"libcrypt.so.1": false, "libcc": false, "c.so": false, "libm": false} {
		if got := isMuslOwn(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
