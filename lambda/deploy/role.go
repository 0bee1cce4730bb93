package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// IAM is what a deployment needs of IAM's client.
type IAM interface {
	roles
	rolePolicies
}

type roles interface {
	GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
	CreateRole(context.Context, *iam.CreateRoleInput, ...func(*iam.Options)) (*iam.CreateRoleOutput, error)
	UpdateAssumeRolePolicy(context.Context, *iam.UpdateAssumeRolePolicyInput, ...func(*iam.Options)) (*iam.UpdateAssumeRolePolicyOutput, error)
	DeleteRole(context.Context, *iam.DeleteRoleInput, ...func(*iam.Options)) (*iam.DeleteRoleOutput, error)
}

type rolePolicies interface {
	GetRolePolicy(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
	PutRolePolicy(context.Context, *iam.PutRolePolicyInput, ...func(*iam.Options)) (*iam.PutRolePolicyOutput, error)
	DeleteRolePolicy(context.Context, *iam.DeleteRolePolicyInput, ...func(*iam.Options)) (*iam.DeleteRolePolicyOutput, error)
}

// The names of a role's inline policies: what every function needs, and what was asked for.
const (
	ownPolicy  = "sshell"
	dataPolicy = "sshell-data"
)

// maxRoleName is the longest name of a role (IAM API reference, CreateRole), in characters.
const maxRoleName = 64

// roleName names a function's role. Roles belong to no region, functions do.
func roleName(function, region string) string {
	return function[:min(len(function), maxRoleName-1-len(region))] + "-" + region
}

// deployRole makes the role, unless there is one, or sees to it that it is as it should be, and gives its ARN.
func (d *Deployer) deployRole(ctx context.Context, p *Plan, id *identity, name string, role *types.Role) (string, error) {
	what := "role " + name
	if role == nil {
		var err error
		if role, err = d.createRole(ctx, p, name); err != nil {
			return "", explain(what, err)
		}
		d.say(created, "%s", what)
	} else if err := d.trust(ctx, role); err != nil {
		return "", explain(what, err)
	}
	sign, err := d.grant(ctx, name, ownPolicy, functionPolicy(p, id))
	if err != nil {
		return "", explain(what, err)
	}
	d.say(sign, "%s: may use %s, write its log and invoke %s", what, p.Bucket, p.Function)
	if len(p.Read)+len(p.Write) > 0 {
		if sign, err = d.grant(ctx, name, dataPolicy, functionDataPolicy(p, id)); err != nil {
			return "", explain(what, err)
		}
		d.say(sign, "%s: may read %v and write %v", what, p.Read, p.Write)
	}
	return aws.ToString(role.Arn), nil
}

// findRole gives the role of that name, or nil. One that deploy did not make is an error.
func (d *Deployer) findRole(ctx context.Context, name string) (*types.Role, error) {
	out, err := d.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, explain("role "+name, err)
	}
	if !isOurRole(out.Role) {
		return nil, fmt.Errorf("role %s: it was not made by deploy: to use it all the same give --role-arn %s", name, aws.ToString(out.Role.Arn))
	}
	return out.Role, nil
}

// isOurRole reports whether a role has the tag.
func isOurRole(r *types.Role) bool {
	return slices.ContainsFunc(r.Tags, func(t types.Tag) bool {
		return aws.ToString(t.Key) == tagKey && aws.ToString(t.Value) == tagValue
	})
}

func (d *Deployer) createRole(ctx context.Context, p *Plan, name string) (*types.Role, error) {
	out, err := d.IAM.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: aws.String(trustPolicy.String()),
		Description: aws.String("The function " + p.Function + " of sshell in " + p.Region),
		Tags:        []types.Tag{{Key: aws.String(tagKey), Value: aws.String(tagValue)}},
	})
	if err != nil {
		return nil, err
	}
	return out.Role, nil
}

// trust lets Lambda, and nobody else, take the role.
func (d *Deployer) trust(ctx context.Context, r *types.Role) error {
	if sameDocument(aws.ToString(r.AssumeRolePolicyDocument), trustPolicy) {
		d.say(same, "role %s", aws.ToString(r.RoleName))
		return nil
	}
	_, err := d.IAM.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: r.RoleName, PolicyDocument: aws.String(trustPolicy.String())})
	if err == nil {
		d.say(changed, "role %s: for Lambda alone", aws.ToString(r.RoleName))
	}
	return err
}

// grant gives a role an inline policy.
func (d *Deployer) grant(ctx context.Context, role, name string, p *policy) (rune, error) {
	out, err := d.IAM.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
	sign := changed
	switch {
	case isMissing(err):
		sign = created
	case err != nil:
		return 0, err
	case sameDocument(aws.ToString(out.PolicyDocument), p):
		return same, nil
	}
	return sign, d.insist(ctx, "role "+role, isMissing, func() error { // a role just made may not be known everywhere
		_, err := d.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: aws.String(p.String())})
		return err
	})
}

// sameDocument compares a policy as IAM shows it, escaped for URLs, with one of ours.
func sameDocument(shown string, p *policy) bool {
	text, err := url.QueryUnescape(shown)
	if err != nil {
		return false
	}
	var a, b any
	err = errors.Join(json.Unmarshal([]byte(text), &a), json.Unmarshal([]byte(p.String()), &b))
	return err == nil && reflect.DeepEqual(a, b)
}
