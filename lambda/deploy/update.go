package deploy

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// updateFunction changes what is not as the plan says. The programs come first: the description tells of them.
func (d *Deployer) updateFunction(ctx context.Context, p *Plan, f *sdk.GetFunctionOutput, role string) error {
	code, err := d.updateCode(ctx, p, f)
	if err != nil {
		return err
	}
	config, err := d.updateConfiguration(ctx, p, f.Configuration, role)
	if err == nil && !code && !config {
		d.say(same, "function %s: %s, %d MB, %ds, build %s", p.Function, serviceArch(archOf(f.Configuration)),
			aws.ToInt32(f.Configuration.MemorySize), aws.ToInt32(f.Configuration.Timeout), p.Build)
	}
	return err
}

// updateCode reports whether there was something to change.
func (d *Deployer) updateCode(ctx context.Context, p *Plan, f *sdk.GetFunctionOutput) (bool, error) {
	c := f.Configuration
	arch := archOf(c)
	in := &sdk.UpdateFunctionCodeInput{FunctionName: &p.Function,
		Architectures: []types.Architecture{types.Architecture(serviceArch(p.Code.Arch))}}
	what := "code"
	if p.Code.Image != "" {
		same, err := d.runsImage(ctx, p, f)
		if err != nil {
			return false, err
		}
		if same && arch == p.Code.Arch {
			return false, nil
		}
		in.ImageUri, what = &p.Code.Image, "image "+p.Code.Image
	} else {
		if aws.ToString(c.CodeSha256) == p.Code.digest() && arch == p.Code.Arch {
			return false, nil
		}
		in.ZipFile = p.Code.Zip
	}
	err := d.accepted(ctx, "function "+p.Function, func() error {
		_, err := d.Lambda.UpdateFunctionCode(ctx, in)
		return err
	})
	if err != nil {
		return false, err
	}
	if arch != p.Code.Arch {
		what += fmt.Sprintf(", %s instead of %s", serviceArch(p.Code.Arch), serviceArch(arch))
	}
	d.say(changed, "function %s: %s", p.Function, what)
	_, err = d.ready(ctx, p.Function)
	return true, err
}

// runsImage reports whether a function runs the plan's image already. A function keeps to the digest that a tag had when it was set,
// so under a tag it is Lambda that is asked what the tag has now: a dry run of the change tells the digest, and changes nothing.
func (d *Deployer) runsImage(ctx context.Context, p *Plan, f *sdk.GetFunctionOutput) (bool, error) {
	if f.Code == nil {
		return false, nil
	}
	if digest := digestOf(p.Code.Image); digest != "" {
		return digest == digestOf(aws.ToString(f.Code.ResolvedImageUri)) && repositoryOf(p.Code.Image) == repositoryOf(aws.ToString(f.Code.ResolvedImageUri)), nil
	}
	if aws.ToString(f.Code.ImageUri) != p.Code.Image {
		return false, nil
	}
	var out *sdk.UpdateFunctionCodeOutput
	err := d.accepted(ctx, "function "+p.Function, func() (err error) {
		out, err = d.Lambda.UpdateFunctionCode(ctx, &sdk.UpdateFunctionCodeInput{FunctionName: &p.Function, ImageUri: &p.Code.Image, DryRun: true})
		return err
	})
	return err == nil && aws.ToString(out.CodeSha256) == aws.ToString(f.Configuration.CodeSha256), err
}

// digestOf is the digest that an image's URI ends with, or empty where it has a tag.
func digestOf(uri string) string {
	_, digest, _ := strings.Cut(uri, "@")
	return digest
}

// repositoryOf is an image's URI without its digest or tag.
func repositoryOf(uri string) string {
	uri, _, _ = strings.Cut(uri, "@")
	if i := strings.LastIndexByte(uri, ':'); i > strings.LastIndexByte(uri, '/') {
		uri = uri[:i]
	}
	return uri
}

// updateConfiguration reports whether there was something to change.
func (d *Deployer) updateConfiguration(ctx context.Context, p *Plan, c *types.FunctionConfiguration, role string) (bool, error) {
	in := &sdk.UpdateFunctionConfigurationInput{FunctionName: &p.Function}
	var said []string
	note := func(name string, from, to any) {
		said = append(said, fmt.Sprintf("%s %v instead of %v", name, to, from))
	}
	if want := int32(p.Timeout / time.Second); want != 0 && want != aws.ToInt32(c.Timeout) {
		in.Timeout = &want
		note("timeout in s", aws.ToInt32(c.Timeout), want)
	}
	if want := int32(p.Memory); want != 0 && want != aws.ToInt32(c.MemorySize) {
		in.MemorySize = &want
		note("memory in MB", aws.ToInt32(c.MemorySize), want)
	}
	if want := p.Storage; want != 0 && want != storageOf(c) {
		in.EphemeralStorage = &types.EphemeralStorage{Size: aws.Int32(int32(want))}
		note("storage in MB", storageOf(c), want)
	}
	if role != aws.ToString(c.Role) {
		in.Role = &role
		note("role", aws.ToString(c.Role), role)
	}
	if want := description(p.Build); want != aws.ToString(c.Description) {
		in.Description = &want
		note("build", BuildOf(aws.ToString(c.Description)), p.Build)
	}
	var has map[string]string
	if c.Environment != nil {
		has = c.Environment.Variables
	}
	if want := p.environment(has); !maps.Equal(want, has) {
		in.Environment = &types.Environment{Variables: want}
		said = append(said, "variables")
	}
	if len(said) == 0 {
		return false, nil
	}
	err := d.accepted(ctx, "function "+p.Function, func() error {
		_, err := d.Lambda.UpdateFunctionConfiguration(ctx, in)
		return err
	})
	if err == nil {
		d.say(changed, "function %s: %s", p.Function, strings.Join(said, ", "))
	}
	return true, err
}
