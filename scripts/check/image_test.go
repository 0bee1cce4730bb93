package check

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The places where the function's main takes /tmp for its own, as Lambda gives it to it.
var taskRoots = []string{"/var/task", "/var/runtime"}

// dockerfile is the image's Dockerfile, an element per instruction, its lines joined.
func dockerfile(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(moduleRoot, "lambda/image/Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(string(data), "")
	return strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n")
}

// TestImageHoldsWhatItsTargetBuilds: making an image takes minutes and an engine, and belongs to make image-test.
func TestImageHoldsWhatItsTargetBuilds(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(moduleRoot, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := regexp.MustCompile(`(?m)^image:.*\n(\t.*\n)+`).FindString(string(makefile))
	var copied []string
	for _, line := range dockerfile(t) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "COPY" {
			continue
		}
		for _, name := range words[1 : len(words)-1] {
			copied = append(copied, path.Join(words[len(words)-1], name))
			if !regexp.MustCompile(`\./cmd/` + regexp.QuoteMeta(name) + `\s`).MatchString(recipe) {
				t.Errorf("Dockerfile copies %s, which make image does not build: %q", name, recipe)
			}
		}
	}
	for _, name := range []string{"bootstrap", "sshell"} {
		if !slices.ContainsFunc(copied, func(p string) bool { return path.Base(p) == name }) {
			t.Errorf("Dockerfile copies %q, without %s", copied, name)
		}
	}
	i := slices.IndexFunc(dockerfile(t), func(line string) bool { return strings.HasPrefix(line, "ENTRYPOINT") })
	if i < 0 {
		t.Fatal("Dockerfile has no ENTRYPOINT")
	}
	entry := strings.Trim(strings.TrimPrefix(dockerfile(t)[i], "ENTRYPOINT"), ` []"`)
	if !slices.Contains(copied, entry) || !slices.Contains(taskRoots, path.Dir(entry)) {
		t.Errorf("ENTRYPOINT is %q, want one of %q in one of %q", entry, copied, taskRoots)
	}
}

func TestImagePackagesAreInOrder(t *testing.T) {
	install := regexp.MustCompile(`apt-get install((?: -\S+)+)\s+([^;]*);`).FindStringSubmatch(strings.Join(dockerfile(t), "\n"))
	if install == nil {
		t.Fatal("Dockerfile installs nothing")
	}
	packages := strings.Fields(install[2])
	if sorted := slices.Compact(slices.Sorted(slices.Values(packages))); !slices.Equal(packages, sorted) {
		t.Errorf("Dockerfile's packages are %q, want them sorted and once each", packages)
	}
}
