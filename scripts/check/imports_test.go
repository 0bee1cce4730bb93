// Package check holds the repository to its design: which package may import which, what the shell must not link,
// which folders stand at the root, and that every package says what it owns. The tables, with a reason per rule, are in
// table_test.go; a change of the design changes them in the same commit.
package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	modulePath = "sshell"
	moduleRoot = "../.."
)

// source is one Go file as far as its imports.
type source struct {
	pkg  string // the folder, relative to the module's root, with slashes
	name string
	ast  *ast.File
}

func (s source) test() bool { return strings.HasSuffix(s.name, "_test.go") }

func (s source) imports(t *testing.T) []string {
	var paths []string
	for _, spec := range s.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s/%s: unquote import: %v", s.pkg, s.name, err)
		}
		paths = append(paths, p)
	}
	return paths
}

// sources are all Go files of the module, whatever platform they build for.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(moduleRoot, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(moduleRoot, file)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{path.Dir(filepath.ToSlash(rel)), d.Name(), tree})
		return nil
	})
	if err != nil {
		t.Fatalf("read the module's sources: %v", err)
	}
	return all
}

// match reports whether the package is the pattern's, or below it where the pattern ends in /... .
func match(pattern, pkg string) bool {
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == tree || strings.HasPrefix(pkg, tree+"/")
	}
	return pkg == pattern
}

func matchAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, pkg) })
}

func ruleOf(pkg string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return match(r.pkg, pkg) })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

func moduleOf(imported string) (module, bool) {
	var best module
	for _, m := range modules {
		if strings.HasPrefix(imported, m.path) && len(m.path) > len(best.path) {
			best = m
		}
	}
	return best, best.path != ""
}

func TestImportsRunDownwards(t *testing.T) {
	for _, s := range sources(t) {
		r, ok := ruleOf(s.pkg)
		if !ok {
			t.Errorf("%s/%s: the table has no rule for package %s", s.pkg, s.name, s.pkg)
			continue
		}
		if s.test() {
			continue // a test may wire what the package it tests may not know
		}
		for _, p := range s.imports(t) {
			ours, ok := strings.CutPrefix(p, modulePath+"/")
			if ok && !matchAny(r.allow, ours) {
				t.Errorf("%s/%s imports %s: %s", s.pkg, s.name, ours, r.reason)
			}
		}
	}
}

func TestDependenciesAreListed(t *testing.T) {
	for _, s := range sources(t) {
		for _, p := range s.imports(t) {
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") {
				continue // the standard library's, or ours
			}
			m, ok := moduleOf(p)
			switch {
			case !ok:
				t.Errorf("%s/%s imports %s: the table has no such dependency", s.pkg, s.name, p)
			case !matchAny(m.by, s.pkg):
				t.Errorf("%s/%s imports %s: %s", s.pkg, s.name, p, m.reason)
			}
		}
	}
}

func TestShellLinksNoCloud(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "./cmd/sshell")
	list.Dir = moduleRoot
	out, err := list.Output()
	if err != nil {
		t.Fatalf("list what cmd/sshell links: %v", err)
	}
	for dep := range strings.Lines(string(out)) {
		dep = strings.TrimSpace(dep)
		for _, u := range unlinked {
			if dep == u.path || strings.HasPrefix(dep, strings.TrimSuffix(u.path, "/")+"/") {
				t.Errorf("cmd/sshell links %s: %s", dep, u.reason)
			}
		}
	}
}

func TestRootFoldersAreFixed(t *testing.T) {
	for _, s := range sources(t) {
		first, _, _ := strings.Cut(s.pkg, "/")
		if !slices.Contains(roots, first) {
			t.Errorf("%s/%s: Go files stand under %s only", s.pkg, s.name, strings.Join(roots, ", "))
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	said := map[string]bool{}
	for _, s := range sources(t) {
		doc := s.ast.Doc != nil && len(strings.Fields(s.ast.Doc.Text())) > 3
		// Folders of scripts hold tests alone.
		if !s.test() || strings.HasPrefix(s.pkg, "scripts") {
			said[s.pkg] = said[s.pkg] || doc
		}
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("package %s has no package doc", pkg)
		}
	}
}
