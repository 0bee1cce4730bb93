package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// line is a command of a console block and what README says it prints.
type line struct {
	command string
	output  string
}

// consoleBlocks are the fenced blocks marked console. In them "$ " begins a command, "> " continues it, and the rest is what
// both its outputs say.
func consoleBlocks(text string) [][]line {
	var blocks [][]line
	inside := false
	for row := range strings.Lines(text) {
		command, isCommand := strings.CutPrefix(row, "$ ")
		more, isMore := strings.CutPrefix(row, "> ")
		switch {
		case !inside:
			if row == "```console\n" {
				inside = true
				blocks = append(blocks, nil)
			}
		case row == "```\n":
			inside = false
		case isCommand:
			blocks[len(blocks)-1] = append(blocks[len(blocks)-1], line{command: command})
		default:
			block := blocks[len(blocks)-1]
			last := &block[len(block)-1]
			if isMore && last.output == "" {
				last.command += more
			} else {
				last.output += row
			}
		}
	}
	return blocks
}

// TestReadmeIsTrue types README's console blocks, each in a folder with the reads, the worker and the reducer of the demo.
func TestReadmeIsTrue(t *testing.T) {
	bin := buildShell(t)
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatalf("read README: %v", err)
	}
	blocks := consoleBlocks(string(text))
	if len(blocks) == 0 {
		t.Fatal("README shows no console")
	}
	for _, block := range blocks {
		dir := t.TempDir()
		for name, from := range map[string]string{
			"reads.fastq": "../testdata/na18507.fastq",
			"worker":      "demo/worker",
			"reduce":      "demo/reduce",
		} {
			data, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), data, 0o777)
			}
			if err != nil {
				t.Fatalf("copy %s: %v", name, err)
			}
		}
		for _, l := range block {
			cmd := exec.Command(filepath.Join(bin, "sshell"), "-c", l.command)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "XDG_DATA_HOME="+dir)
			out, _ := cmd.CombinedOutput() // the output is what README shows, whatever the status
			if string(out) != l.output {
				t.Errorf("$ %sprints\n%sand README says\n%s", l.command, out, l.output)
			}
		}
	}
}
