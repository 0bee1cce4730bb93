package ship

import (
	"debug/elf"
	"path/filepath"
	"slices"
	"strings"
)

// What a program needs and does not name: what the C library loads, or starts, for some of its functions.

// shellPath is where programs find a shell that start one.
const shellPath = "/bin/sh"

// shell lists the shell, for a program that may start one: by a function of the C library, or by its path.
func (r *resolver) shell(program *elf.File, path string) error {
	imported, err := program.ImportedSymbols()
	if err != nil || !slices.ContainsFunc(imported, startsShell) || !isFile(shellPath) {
		return nil
	}
	return r.program(shellPath, path, 0)
}

// startsShell reports whether a function of the C library starts a shell, or a program by a path that is fixed.
func startsShell(s elf.ImportedSymbol) bool {
	switch s.Name {
	case "system", "popen", "wordexp", "execl", "execv":
		return true
	}
	return false
}

// unwinder is the library that glibc loads by itself for threads that are ended, and for backtraces.
const unwinder = "libgcc_s.so.1"

// unwinding are the functions that need it.
var unwinding = [][]byte{[]byte("\x00pthread_exit\x00"), []byte("\x00pthread_cancel\x00"), []byte("\x00backtrace\x00")}

// services lists what the C library loads by itself for some of its functions.
func (r *resolver) services(program *elf.File, first *elfObject) {
	imported, err := program.ImportedSymbols()
	if err != nil {
		return // it has none
	}
	var lookUp bool
	for _, s := range imported {
		lookUp = lookUp || strings.HasPrefix(s.Name, "getpw") || strings.HasPrefix(s.Name, "getgr") ||
			strings.HasPrefix(s.Name, "gethost") || s.Name == "getaddrinfo"
	}
	if filepath.Base(first.path) == converting {
		r.converters(first.path)
	}
	if !lookUp {
		return
	}
	for _, name := range []string{"libnss_files.so.2", "libnss_dns.so.2"} {
		found, err := r.library(first, name)
		if err != nil || !definesService(found[0]) {
			continue
		}
		r.libraries(&elfObject{path: first.path, origin: first.origin, needed: []string{name}, parent: first})
	}
}

// converting is the program that is told by its arguments which character sets it converts. A hundred others call iconv
// too, between the locale's set and UTF-8: they need converters just where Locale lists them.
const converting = "iconv"

// definesService reports whether a library of the name service is more than the empty one that glibc has had since 2.34,
// when the service became part of libc.
func definesService(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	return err == nil && slices.ContainsFunc(symbols, func(s elf.Symbol) bool {
		return strings.HasPrefix(s.Name, "_nss_") && s.Section != elf.SHN_UNDEF
	})
}
