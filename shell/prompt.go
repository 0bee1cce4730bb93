package shell

import (
	"context"
	"fmt"
	"os"

	"sshell/interp"
)

// runPrompt reads commands from the terminal, which edits the lines itself, and runs them.
func runPrompt(ctx context.Context, sh *interp.Shell) {
	if sh.RunWords([]string{"test", "-v", "PS1"}) != 0 {
		sh.RunString(`PS1='\s-\v\$ '`)
	}
	if sh.RunWords([]string{"test", "-v", "PS2"}) != 0 {
		sh.RunString(`PS2='> '`)
	}
	line := interp.ReadLine(0)
	sh.RunInteractive(ctx, func(more bool) ([]byte, error) {
		name := "PS1"
		if more {
			name = "PS2"
		} else {
			sh.BeforePrompt()
		}
		fmt.Fprint(os.Stderr, sh.Prompt(name))
		return line()
	})
	fmt.Fprintln(os.Stderr, "exit")
}
