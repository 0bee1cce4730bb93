package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sshell/lambda/deploy"
	"sshell/remote/settings"
)

// accountFlags are the flags that commands about an account have in common: the settings', and the SDK's profile.
type accountFlags struct {
	*flag.FlagSet
	settings map[string]*string // by setting
	profile  string
}

// newAccountFlags makes the flags of a command for the settings that it takes.
func newAccountFlags(command string, out io.Writer, names ...string) *accountFlags {
	f := &accountFlags{FlagSet: flag.NewFlagSet("sshellctl "+command, flag.ContinueOnError), settings: map[string]*string{}}
	f.SetOutput(out)
	for _, name := range names {
		f.settings[name] = f.String(strings.ReplaceAll(name, "_", "-"), "", settingHelp[name])
	}
	f.StringVar(&f.profile, "profile", "", "`profile` of the AWS configuration")
	return f
}

// settingHelp is what a flag says of a setting.
var settingHelp = map[string]string{
	"function": "`name` of the function (default sshell)",
	"bucket":   "`name` of the bucket (default sshell-ACCOUNT-REGION)",
	"region":   "`region` of both (default AWS_REGION or the profile's)",
	"arch":     "`processor` of the function: arm64 or x86_64 (default that of the programs found)",
	"timeout":  "`time` that the function may take, such as 15m (default of a new one)",
	"memory":   "`MB` of memory (default 1769 of a new one, which is one vCPU)",
	"storage":  "`MB` of the function's /tmp (default 512 of a new one)",
	"role_arn": "`ARN` of an existing role for the function (default one that is made)",
}

// parse reads the arguments. done says that the command ends with the status: for help, or for wrong ones, which were told of.
func (f *accountFlags) parse(args []string) (status int, done bool) {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0, true
	case err != nil:
		return statusUsage, true
	case f.NArg() > 0:
		fmt.Fprintf(f.Output(), "%s: %s: unexpected argument\n", f.Name(), f.Arg(0))
		return statusUsage, true
	}
	return 0, false
}

// env gives a variable, with what the flags put in its place.
func (f *accountFlags) env(name string) string {
	if name == "AWS_PROFILE" && f.profile != "" {
		return f.profile
	}
	return os.Getenv(name)
}

// load finds the settings.
func (f *accountFlags) load() (*settings.Settings, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	flags := map[string]string{}
	for name, value := range f.settings {
		flags[name] = *value
	}
	return settings.Load(settings.Source{Env: f.env, Dir: dir, Flags: flags})
}

// account is an account with the settings that are in force.
type account struct {
	flags    *accountFlags
	settings *settings.Settings
	config   aws.Config
	clients  deploy.Clients
	amazon   bool // S3 is Amazon's own
}

// open sets up the SDK. It asks nobody.
func (f *accountFlags) open(ctx context.Context) (*account, error) {
	s, err := f.load()
	if err != nil {
		return nil, err
	}
	var options []func(*config.LoadOptions) error
	if s.Region != "" {
		options = append(options, config.WithRegion(s.Region))
	}
	if f.profile != "" {
		options = append(options, config.WithSharedConfigProfile(f.profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if missing := (config.SharedConfigProfileNotExistError{}); errors.As(err, &missing) {
		return nil, fmt.Errorf("profile %s: there is none in the AWS configuration: look at AWS_PROFILE, or run aws configure", missing.Profile)
	}
	if err != nil {
		return nil, fmt.Errorf("load aws configuration: %w", err)
	}
	a := &account{flags: f, settings: s, config: cfg}
	objects := s3.NewFromConfig(cfg, func(o *s3.Options) {
		a.amazon = o.BaseEndpoint == nil
		o.UsePathStyle = o.UsePathStyle || !a.amazon // few but Amazon's have a name per bucket
	})
	a.clients = deploy.Clients{S3: objects, IAM: iam.NewFromConfig(cfg), Lambda: lambda.NewFromConfig(cfg), STS: sts.NewFromConfig(cfg)}
	return a, nil
}

// explicit reports whether a setting is there by somebody's word, as against what deploy recorded before.
func (a *account) explicit(name string) bool {
	from := a.settings.From(name)
	return from != "" && from != settings.RecordFile(a.flags.env)
}

// function is the name of the function: the one that was deployed before, if none is set.
func (a *account) function() string {
	if a.settings.Function == "" {
		return deploy.DefaultFunction
	}
	return a.settings.Function
}

// deployed names a deployment as it is recorded.
func (a *account) deployed() settings.Deployed {
	return settings.Deployed{Endpoint: settings.Endpoint(a.flags.env), Region: a.config.Region, Profile: a.flags.env("AWS_PROFILE"), Function: a.function()}
}

// fault tells of an error of a command.
func fault(stderr io.Writer, command string, err error) int {
	fmt.Fprintf(stderr, "sshellctl: %s: %v\n", command, err)
	return statusFault
}
