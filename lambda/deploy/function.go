package deploy

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sshell/lambda"
)

// Lambda is what a deployment needs of Lambda's client.
type Lambda interface {
	functions
	updates
	account
}

type functions interface {
	GetFunction(context.Context, *sdk.GetFunctionInput, ...func(*sdk.Options)) (*sdk.GetFunctionOutput, error)
	GetFunctionConfiguration(context.Context, *sdk.GetFunctionConfigurationInput, ...func(*sdk.Options)) (*sdk.GetFunctionConfigurationOutput, error)
	ListFunctions(context.Context, *sdk.ListFunctionsInput, ...func(*sdk.Options)) (*sdk.ListFunctionsOutput, error)
	CreateFunction(context.Context, *sdk.CreateFunctionInput, ...func(*sdk.Options)) (*sdk.CreateFunctionOutput, error)
	DeleteFunction(context.Context, *sdk.DeleteFunctionInput, ...func(*sdk.Options)) (*sdk.DeleteFunctionOutput, error)
}

type updates interface {
	UpdateFunctionCode(context.Context, *sdk.UpdateFunctionCodeInput, ...func(*sdk.Options)) (*sdk.UpdateFunctionCodeOutput, error)
	UpdateFunctionConfiguration(context.Context, *sdk.UpdateFunctionConfigurationInput, ...func(*sdk.Options)) (*sdk.UpdateFunctionConfigurationOutput, error)
}

// account says what an account may.
type account interface {
	GetAccountSettings(context.Context, *sdk.GetAccountSettingsInput, ...func(*sdk.Options)) (*sdk.GetAccountSettingsOutput, error)
}

// runtime is what a function of our own program runs on, and handler what its settings must name and nobody reads.
const (
	runtime = types.RuntimeProvidedal2023
	handler = "bootstrap"
)

// descriptionPrefix begins the description, and the build ends it.
const descriptionPrefix = "sshell "

// maxDescription is the longest that Lambda takes, in characters (API reference, CreateFunction).
const maxDescription = 256

func description(build string) string {
	text := descriptionPrefix + build
	return text[:min(len(text), maxDescription)]
}

// BuildOf gives the build that a function's description names, or an empty string.
func BuildOf(description string) string {
	build, _ := strings.CutPrefix(description, descriptionPrefix)
	return build
}

// findFunction gives the function of that name, or nil. One that deploy did not make is an error.
func (d *Deployer) findFunction(ctx context.Context, name string) (*sdk.GetFunctionOutput, error) {
	out, err := d.Lambda.GetFunction(ctx, &sdk.GetFunctionInput{FunctionName: &name})
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, explain("function "+name, err)
	}
	if out.Tags[tagKey] != tagValue {
		return nil, fmt.Errorf("function %s: it was not made by deploy: choose another name with --function", name)
	}
	return out, nil
}

// suits reports whether a function can become what the plan says.
func (p *Plan) suits(f *sdk.GetFunctionOutput) error {
	if f == nil {
		return nil
	}
	is, want := f.Configuration.PackageType, types.PackageTypeZip
	if p.Code.Image != "" {
		want = types.PackageTypeImage
	}
	if is != "" && is != want {
		return fmt.Errorf("function %s: it is of package type %s, which cannot become %s: remove it with sshellctl undeploy, or choose another name with --function",
			p.Function, is, want)
	}
	return nil
}

// bucketVar is the variable of the function that names its bucket.
const bucketVar = "SSHELL_BUCKET"

// environment are the variables of a function: those that it has, and ours.
func (p *Plan) environment(has map[string]string) map[string]string {
	vars := maps.Clone(has)
	if vars == nil {
		vars = map[string]string{}
	}
	vars[bucketVar] = p.Bucket
	return vars
}

// deployFunction makes the function or changes it, and waits until it takes invocations.
func (d *Deployer) deployFunction(ctx context.Context, p *Plan, f *sdk.GetFunctionOutput, role string) (*types.FunctionConfiguration, error) {
	var err error
	if f == nil {
		err = d.createFunction(ctx, p, role)
	} else {
		err = d.updateFunction(ctx, p, f, role)
	}
	if err != nil {
		return nil, err
	}
	return d.ready(ctx, p.Function)
}

func (d *Deployer) createFunction(ctx context.Context, p *Plan, role string) error {
	timeout, memory, storage := p.Timeout, p.Memory, p.Storage
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	if memory == 0 {
		memory = DefaultMemory
	}
	if storage == 0 {
		storage = lambda.MinStorage
	}
	in := &sdk.CreateFunctionInput{
		FunctionName: &p.Function, Role: &role, Description: aws.String(description(p.Build)),
		Architectures: []types.Architecture{types.Architecture(serviceArch(p.Code.Arch))},
		Timeout:       aws.Int32(int32(timeout.Seconds())), MemorySize: aws.Int32(int32(memory)),
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(int32(storage))},
		Environment:      &types.Environment{Variables: p.environment(nil)},
		Tags:             map[string]string{tagKey: tagValue},
	}
	if p.Code.Image != "" {
		in.PackageType, in.Code = types.PackageTypeImage, &types.FunctionCode{ImageUri: &p.Code.Image}
	} else {
		in.PackageType, in.Code = types.PackageTypeZip, &types.FunctionCode{ZipFile: p.Code.Zip}
		in.Runtime, in.Handler = runtime, aws.String(handler)
	}
	err := d.accepted(ctx, "function "+p.Function, func() error {
		_, err := d.Lambda.CreateFunction(ctx, in)
		return err
	})
	if err == nil {
		d.say(created, "function %s: %s, %d MB, %v, build %s", p.Function, serviceArch(p.Code.Arch), memory, timeout, p.Build)
	}
	return err
}

// accepted makes a change, again while Lambda has not heard of the role, or works at the change before.
func (d *Deployer) accepted(ctx context.Context, what string, change func() error) error {
	return explain(what, d.insist(ctx, what, func(err error) bool {
		_, message := codeOf(err)
		switch {
		case isCode(err, "ResourceConflictException"):
			return strings.Contains(message, "in progress") || strings.Contains(message, "Pending")
		case isCode(err, "InvalidParameterValueException"):
			return strings.Contains(message, "cannot be assumed")
		}
		return false
	}, change))
}

// ready waits until the function takes invocations.
func (d *Deployer) ready(ctx context.Context, name string) (*types.FunctionConfiguration, error) {
	what := "function " + name
	var c *types.FunctionConfiguration
	err := d.until(ctx, what, func() (bool, error) {
		out, err := d.Lambda.GetFunction(ctx, &sdk.GetFunctionInput{FunctionName: &name})
		if err != nil {
			return false, explain(what, err)
		}
		c = out.Configuration
		if text := failed(c); text != "" {
			return false, fmt.Errorf("%s: %s", what, text)
		}
		return c.State != types.StatePending && c.LastUpdateStatus != types.LastUpdateStatusInProgress, nil
	})
	return c, err
}

// failed says what is wrong with the state of a function.
func failed(c *types.FunctionConfiguration) string {
	switch {
	case c.State == types.StateFailed:
		return strings.TrimSpace("it failed: " + string(c.StateReasonCode) + ": " + aws.ToString(c.StateReason))
	case c.LastUpdateStatus == types.LastUpdateStatusFailed:
		return strings.TrimSpace("its last change failed: " + string(c.LastUpdateStatusReasonCode) + ": " + aws.ToString(c.LastUpdateStatusReason))
	}
	return ""
}

// archOf gives a function's processor as GOARCH names it. x86_64 is what functions have that say nothing.
func archOf(c *types.FunctionConfiguration) string {
	if len(c.Architectures) > 0 && c.Architectures[0] == types.ArchitectureArm64 {
		return "arm64"
	}
	return "amd64"
}

func storageOf(c *types.FunctionConfiguration) int {
	if c.EphemeralStorage == nil {
		return lambda.MinStorage
	}
	return int(aws.ToInt32(c.EphemeralStorage.Size))
}
