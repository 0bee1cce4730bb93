package flow

import (
	"regexp"
	"strings"

	"sshell/remote/chunk"
	"sshell/remote/sched"
)

// mapOptions are the words of parmap.
type mapOptions struct {
	placing
	jobs    jobs
	procs   int
	most    int // tasks, 0 for as many as there are
	tries   int // 0 once, -1 without end
	halt    sched.Halt
	halve   bool
	pipe    bool
	block   int64 // bytes, 0 for the default
	strict  bool
	dryRun  bool
	bar     bool
	eta     bool
	roleVar string

	keep    bool // -k was given
	ungroup bool
	lines   bool // --line-buffer
	tag     string
	tagged  bool

	joblog       string
	resume       bool
	resumeFailed bool
	results      string

	args inputOptions

	format  formatOptions // with --pipe
	command []string
}

// inputOptions say where the values of replacement strings come from.
type inputOptions struct {
	groups    [][]inputSource // the sources of a group go side by side, groups are combined
	delimiter byte
	colsep    *regexp.Regexp
	trim      string
	max       int  // values per task, -1 if not given; 0 reads one and replaces none
	repeat    bool // a word with several values in it is repeated for each
	instead   string
	skipEmpty bool
}

// inputSource is one source of values: words, or a file.
type inputSource struct {
	words  []string
	file   string // "-" for standard input
	isFile bool
}

func (o *mapOptions) table() []option {
	return append(o.options(), o.onOption(),
		option{names("j jobs P max-procs"), required, setParsed(&o.jobs, parseJobs)},
		option{names("procs"), required, setCount(&o.procs, 1)},
		option{names("max-tasks"), required, setCount(&o.most, 1)},
		option{names("k keep-order"), flag, setBool(&o.keep)},
		option{names("u ungroup"), flag, setBool(&o.ungroup)},
		option{names("group"), flag, setBool(new(bool))},
		option{names("line-buffer lb"), flag, setBool(&o.lines)},
		option{names("tag"), flag, o.setTag("{}")},
		option{names("tagstring"), required, func(v string) error { return o.setTag(v)("") }},
		option{names("n max-args"), required, setCount(&o.args.max, 0)},
		option{names("N max-replace-args"), required, o.setReplaceMax},
		option{names("a arg-file"), required, o.addFile},
		option{names("0 null"), flag, o.setNull},
		option{names("d delimiter"), required, setParsed(&o.args.delimiter, parseDelimiter)},
		option{names("C colsep"), required, setParsed(&o.args.colsep, parseColsep)},
		option{names("trim"), required, setParsed(&o.args.trim, parseTrim)},
		option{names("I"), required, setString(&o.args.instead)},
		option{names("r no-run-if-empty"), flag, setBool(&o.args.skipEmpty)},
		option{names("retries"), required, setParsed(&o.tries, parseRetries)},
		option{names("halt halt-on-error"), required, setParsed(&o.halt, sched.ParseHalt)},
		option{names("halve"), flag, setBool(&o.halve)},
		option{names("strict"), flag, setBool(&o.strict)},
		option{names("joblog"), required, setString(&o.joblog)},
		option{names("resume"), flag, setBool(&o.resume)},
		option{names("resume-failed"), flag, setBool(&o.resumeFailed)},
		option{names("results"), required, setParsed(&o.results, parseResults)},
		option{names("dry-run"), flag, setBool(&o.dryRun)},
		option{names("bar"), flag, setBool(&o.bar)},
		option{names("eta progress"), flag, setBool(&o.eta)},
		option{names("pipe"), flag, setBool(&o.pipe)},
		option{names("b block"), required, setParsed(&o.block, chunk.ParseSize)},
		option{names("role-var"), required, setParsed(&o.roleVar, parseName)},
		option{names("will-cite"), flag, setBool(new(bool))})
}

func (o *mapOptions) setTag(tag string) func(string) error {
	return func(string) error {
		o.tag, o.tagged = tag, true
		return nil
	}
}

func (o *mapOptions) setReplaceMax(v string) error {
	o.args.repeat = true
	return setCount(&o.args.max, 0)(v)
}

func (o *mapOptions) setNull(string) error {
	o.args.delimiter = 0
	return nil
}

func (o *mapOptions) addFile(name string) error {
	o.args.groups = append(o.args.groups, []inputSource{{file: name, isFile: true}})
	return nil
}

// parseMap reads the words behind parmap. behindSplit says that its input are chunks.
func parseMap(words []string, behindSplit bool) (*mapOptions, error) {
	o := &mapOptions{args: inputOptions{delimiter: '\n', max: -1}}
	rest, err := parseOptions(words, append(o.table(), o.format.options()...))
	if err != nil {
		return nil, err
	}
	end := len(rest)
	for i, w := range rest {
		if isInputWord(w) {
			end = i
			break
		}
	}
	o.command = rest[:end]
	if err := o.args.parse(rest[end:]); err != nil {
		return nil, err
	}
	return o, o.check(behindSplit)
}

func isInputWord(w string) bool { return w == ":::" || w == "::::" || w == ":::+" || w == "::::+" }

// parse reads the words from the first ::: on.
func (o *inputOptions) parse(words []string) error {
	for len(words) > 0 {
		sep := words[0]
		n := 1
		for n < len(words) && !isInputWord(words[n]) {
			n++
		}
		given := words[1:n]
		words = words[n:]
		var sources []inputSource
		if strings.HasPrefix(sep, "::::") {
			for _, name := range given {
				sources = append(sources, inputSource{file: name, isFile: true})
			}
		} else {
			sources = []inputSource{{words: given}}
		}
		linked := strings.HasSuffix(sep, "+")
		if linked && len(o.groups) == 0 {
			return usage("%s needs a source before it to go with", sep)
		}
		for _, s := range sources {
			if linked {
				last := &o.groups[len(o.groups)-1]
				*last = append(*last, s)
			} else {
				o.groups = append(o.groups, []inputSource{s})
			}
		}
	}
	return nil
}

// check refuses what does not go together.
func (o *mapOptions) check(behindSplit bool) error {
	chunks := behindSplit || o.pipe
	switch {
	case len(o.command) == 0:
		return usageError{errNoCommand}
	case chunks && len(o.args.groups) > 0:
		return usage("arguments and chunks do not go together: give either %s or %s", ":::, :::: or -a", pipeWord(behindSplit))
	case chunks && (o.args.colsep != nil || o.args.instead != ""):
		return usage("chunks have no replacement strings: --colsep and -I need arguments")
	case behindSplit && (o.args.max >= 0 || o.block > 0 || o.format.given != ""):
		return usage("split says how large chunks are: -N, --block and formats belong there")
	case !chunks && (o.block > 0 || o.format.given != ""):
		return usage("--block and formats need --pipe")
	case o.pipe && o.args.max == 0:
		return usage("-N: 0: must be at least 1")
	case o.pipe && o.args.max > 0 && o.block > 0:
		return usage("give either -N or --block")
	case o.halve && (!chunks || o.timeout == sched.Timeout{}):
		return usage("--halve needs chunks and --timeout")
	case (o.resume || o.resumeFailed) && o.joblog == "" && (o.results == "" || o.resumeFailed):
		return usage("--resume and --resume-failed need --joblog, or --resume --results")
	case o.strict && (o.ungroup || o.lines && !o.keep):
		return usage("--strict holds output back, -u and --line-buffer do not")
	}
	return nil
}

func pipeWord(behindSplit bool) string {
	if behindSplit {
		return "split"
	}
	return "--pipe"
}
