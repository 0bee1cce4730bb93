package interp

// runLet is let where it is not written as a command of its own, which the evaluator runs.
func runLet(sh *Shell, args []string) int {
	words := args[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		sh.Errorf("let: expression expected")
		return 1
	}
	n := int64(0)
	for _, word := range words {
		var err error
		if n, err = sh.arithText(word); err != nil {
			if err.Error() == "" {
				return 1
			}
			sh.Errorf("let: %s", err)
			return 1
		}
	}
	return boolStatus(n != 0)
}
