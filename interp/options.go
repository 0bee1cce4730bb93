package interp

import "strings"

// options are the switches of set and shopt. The fields stand under the names that bash gives them.
type options struct {
	allexport, braceexpand, emacs, errexit, errtrace, functrace, hashall, histexpand, history,
	ignoreeof, keyword, monitor, noclobber, noexec, noglob, nolog, notify, nounset, onecmd,
	physical, pipefail, posix, privileged, verbose, vi, xtrace, interactiveComments bool

	autocd, assocExpandOnce, cdableVars, cdspell, checkhash, checkjobs, checkwinsize, cmdhist,
	compat31, compat32, compat40, compat41, compat42, compat43, compat44, completeFullquote,
	direxpand, dirspell, dotglob, execfail, expandAliases, extdebug, extglob, extquote, failglob,
	forceFignore, globasciiranges, globskipdots, globstar, gnuErrfmt, histappend, histreedit,
	histverify, hostcomplete, huponexit, inheritErrexit, lastpipe, lithist, localvarInherit,
	localvarUnset, loginShell, mailwarn, noEmptyCmdCompletion, nocaseglob, nocasematch,
	noexpandTranslation, nullglob, patsubReplacement, progcomp, progcompAlias, promptvars,
	restrictedShell, s3glob, shiftVerbose, sourcepath, varredirClose, xpgEcho bool

	interactive bool // -i, which set cannot change
	stdin       bool // -s
	command     bool // -c
}

// option is one switch: its name, its letter for set (0 for none), and where it is kept.
type option struct {
	name   string
	letter byte
	at     func(o *options) *bool
}

// setOptions are those of `set -o`, in the order in which bash lists them.
func setOptions() []option {
	return []option{
		{"allexport", 'a', func(o *options) *bool { return &o.allexport }},
		{"braceexpand", 'B', func(o *options) *bool { return &o.braceexpand }},
		{"emacs", 0, func(o *options) *bool { return &o.emacs }},
		{"errexit", 'e', func(o *options) *bool { return &o.errexit }},
		{"errtrace", 'E', func(o *options) *bool { return &o.errtrace }},
		{"functrace", 'T', func(o *options) *bool { return &o.functrace }},
		{"hashall", 'h', func(o *options) *bool { return &o.hashall }},
		{"histexpand", 'H', func(o *options) *bool { return &o.histexpand }},
		{"history", 0, func(o *options) *bool { return &o.history }},
		{"ignoreeof", 0, func(o *options) *bool { return &o.ignoreeof }},
		{"interactive-comments", 0, func(o *options) *bool { return &o.interactiveComments }},
		{"keyword", 'k', func(o *options) *bool { return &o.keyword }},
		{"monitor", 'm', func(o *options) *bool { return &o.monitor }},
		{"noclobber", 'C', func(o *options) *bool { return &o.noclobber }},
		{"noexec", 'n', func(o *options) *bool { return &o.noexec }},
		{"noglob", 'f', func(o *options) *bool { return &o.noglob }},
		{"nolog", 0, func(o *options) *bool { return &o.nolog }},
		{"notify", 'b', func(o *options) *bool { return &o.notify }},
		{"nounset", 'u', func(o *options) *bool { return &o.nounset }},
		{"onecmd", 't', func(o *options) *bool { return &o.onecmd }},
		{"physical", 'P', func(o *options) *bool { return &o.physical }},
		{"pipefail", 0, func(o *options) *bool { return &o.pipefail }},
		{"posix", 0, func(o *options) *bool { return &o.posix }},
		{"privileged", 'p', func(o *options) *bool { return &o.privileged }},
		{"verbose", 'v', func(o *options) *bool { return &o.verbose }},
		{"vi", 0, func(o *options) *bool { return &o.vi }},
		{"xtrace", 'x', func(o *options) *bool { return &o.xtrace }},
	}
}

// shoptOptions are those of shopt, in the order in which bash lists them; s3glob is ours.
func shoptOptions() []option {
	return []option{
		{"autocd", 0, func(o *options) *bool { return &o.autocd }},
		{"assoc_expand_once", 0, func(o *options) *bool { return &o.assocExpandOnce }},
		{"cdable_vars", 0, func(o *options) *bool { return &o.cdableVars }},
		{"cdspell", 0, func(o *options) *bool { return &o.cdspell }},
		{"checkhash", 0, func(o *options) *bool { return &o.checkhash }},
		{"checkjobs", 0, func(o *options) *bool { return &o.checkjobs }},
		{"checkwinsize", 0, func(o *options) *bool { return &o.checkwinsize }},
		{"cmdhist", 0, func(o *options) *bool { return &o.cmdhist }},
		{"compat31", 0, func(o *options) *bool { return &o.compat31 }},
		{"compat32", 0, func(o *options) *bool { return &o.compat32 }},
		{"compat40", 0, func(o *options) *bool { return &o.compat40 }},
		{"compat41", 0, func(o *options) *bool { return &o.compat41 }},
		{"compat42", 0, func(o *options) *bool { return &o.compat42 }},
		{"compat43", 0, func(o *options) *bool { return &o.compat43 }},
		{"compat44", 0, func(o *options) *bool { return &o.compat44 }},
		{"complete_fullquote", 0, func(o *options) *bool { return &o.completeFullquote }},
		{"direxpand", 0, func(o *options) *bool { return &o.direxpand }},
		{"dirspell", 0, func(o *options) *bool { return &o.dirspell }},
		{"dotglob", 0, func(o *options) *bool { return &o.dotglob }},
		{"execfail", 0, func(o *options) *bool { return &o.execfail }},
		{"expand_aliases", 0, func(o *options) *bool { return &o.expandAliases }},
		{"extdebug", 0, func(o *options) *bool { return &o.extdebug }},
		{"extglob", 0, func(o *options) *bool { return &o.extglob }},
		{"extquote", 0, func(o *options) *bool { return &o.extquote }},
		{"failglob", 0, func(o *options) *bool { return &o.failglob }},
		{"force_fignore", 0, func(o *options) *bool { return &o.forceFignore }},
		{"globasciiranges", 0, func(o *options) *bool { return &o.globasciiranges }},
		{"globskipdots", 0, func(o *options) *bool { return &o.globskipdots }},
		{"globstar", 0, func(o *options) *bool { return &o.globstar }},
		{"gnu_errfmt", 0, func(o *options) *bool { return &o.gnuErrfmt }},
		{"histappend", 0, func(o *options) *bool { return &o.histappend }},
		{"histreedit", 0, func(o *options) *bool { return &o.histreedit }},
		{"histverify", 0, func(o *options) *bool { return &o.histverify }},
		{"hostcomplete", 0, func(o *options) *bool { return &o.hostcomplete }},
		{"huponexit", 0, func(o *options) *bool { return &o.huponexit }},
		{"inherit_errexit", 0, func(o *options) *bool { return &o.inheritErrexit }},
		{"interactive_comments", 0, func(o *options) *bool { return &o.interactiveComments }},
		{"lastpipe", 0, func(o *options) *bool { return &o.lastpipe }},
		{"lithist", 0, func(o *options) *bool { return &o.lithist }},
		{"localvar_inherit", 0, func(o *options) *bool { return &o.localvarInherit }},
		{"localvar_unset", 0, func(o *options) *bool { return &o.localvarUnset }},
		{"login_shell", 0, func(o *options) *bool { return &o.loginShell }},
		{"mailwarn", 0, func(o *options) *bool { return &o.mailwarn }},
		{"no_empty_cmd_completion", 0, func(o *options) *bool { return &o.noEmptyCmdCompletion }},
		{"nocaseglob", 0, func(o *options) *bool { return &o.nocaseglob }},
		{"nocasematch", 0, func(o *options) *bool { return &o.nocasematch }},
		{"noexpand_translation", 0, func(o *options) *bool { return &o.noexpandTranslation }},
		{"nullglob", 0, func(o *options) *bool { return &o.nullglob }},
		{"patsub_replacement", 0, func(o *options) *bool { return &o.patsubReplacement }},
		{"progcomp", 0, func(o *options) *bool { return &o.progcomp }},
		{"progcomp_alias", 0, func(o *options) *bool { return &o.progcompAlias }},
		{"promptvars", 0, func(o *options) *bool { return &o.promptvars }},
		{"restricted_shell", 0, func(o *options) *bool { return &o.restrictedShell }},
		{"s3glob", 0, func(o *options) *bool { return &o.s3glob }},
		{"shift_verbose", 0, func(o *options) *bool { return &o.shiftVerbose }},
		{"sourcepath", 0, func(o *options) *bool { return &o.sourcepath }},
		{"varredir_close", 0, func(o *options) *bool { return &o.varredirClose }},
		{"xpg_echo", 0, func(o *options) *bool { return &o.xpgEcho }},
	}
}

// defaultOptions are what a new shell has.
func defaultOptions(interactive bool) options {
	o := options{
		braceexpand: true, hashall: true, interactiveComments: true,
		checkwinsize: true, cmdhist: true, completeFullquote: true, extquote: true, forceFignore: true,
		globasciiranges: true, globskipdots: true, hostcomplete: true, patsubReplacement: true,
		progcomp: true, promptvars: true, sourcepath: true,
	}
	if interactive {
		o.interactive, o.expandAliases, o.histexpand, o.history, o.emacs, o.monitor = true, true, true, true, true, true
	}
	return o
}

// flags is `$-`.
func (o *options) flags() string {
	var b strings.Builder
	on := func(yes bool, letter byte) {
		if yes {
			b.WriteByte(letter)
		}
	}
	// The order is that of bash's table of flags.
	on(o.allexport, 'a')
	on(o.notify, 'b')
	on(o.errexit, 'e')
	on(o.noglob, 'f')
	on(o.hashall, 'h')
	on(o.interactive, 'i')
	on(o.keyword, 'k')
	on(o.monitor, 'm')
	on(o.noexec, 'n')
	on(o.privileged, 'p')
	on(o.onecmd, 't')
	on(o.nounset, 'u')
	on(o.verbose, 'v')
	on(o.xtrace, 'x')
	on(o.braceexpand, 'B')
	on(o.noclobber, 'C')
	on(o.errtrace, 'E')
	on(o.histexpand, 'H')
	on(o.physical, 'P')
	on(o.functrace, 'T')
	on(o.command, 'c')
	on(o.stdin, 's')
	return b.String()
}
