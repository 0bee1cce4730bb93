package flow

// onOptions are the words of `on TARGET [option…] COMMAND [ARG…]`.
type onOptions struct {
	placing
	noInput bool // standard input is /dev/null
	once    bool
	words   []string
}

func parseOn(words []string) (*onOptions, error) {
	o := &onOptions{}
	if len(words) == 0 {
		return nil, usage("TARGET is missing")
	}
	o.target = words[0]
	rest, err := parseOptions(words[1:], append(o.options(),
		option{names("n no-input"), flag, setBool(&o.noInput)},
		option{names("once"), flag, setBool(&o.once)}))
	if err != nil {
		return nil, err
	}
	if o.timeout.Percent != 0 {
		return nil, usage("--timeout: a percentage needs several tasks")
	}
	o.words = rest
	return o, nil
}
