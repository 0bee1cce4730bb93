package deploy

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
)

// Removal is what Undeploy removes.
type Removal struct {
	Function, Bucket, Region string // Bucket may be empty for the default name
	// Confirm is asked before a bucket goes with objects that are the user's; nil means no. Nothing was removed by then.
	Confirm func(question string) bool
}

// KeptError says that the bucket stays, for the objects in it, and nothing was removed.
type KeptError struct {
	Bucket, Key string // one of the objects
}

func (e *KeptError) Error() string {
	return fmt.Sprintf("bucket %s: it holds objects that are yours, such as %s: nothing was removed; take them elsewhere, or give --yes to lose them",
		e.Bucket, e.Key)
}

// Undeploy removes what Deploy made, as far as it is there.
func (d *Deployer) Undeploy(ctx context.Context, r Removal) error {
	if r.Region == "" {
		return ErrNoRegion
	}
	id, _, err := identify(ctx, d.STS)
	if err != nil {
		return err
	}
	if r.Bucket == "" {
		r.Bucket = id.bucketName(r.Region)
	}
	bucket, lose, err := d.bucketToRemove(ctx, &r, id)
	if err != nil {
		return err
	}
	if err := d.removeFunction(ctx, r.Function); err != nil {
		return err
	}
	if err := d.removeRole(ctx, roleName(r.Function, r.Region)); err != nil {
		return err
	}
	if !bucket {
		return nil
	}
	return d.removeBucket(ctx, r.Bucket, lose)
}

func (d *Deployer) removeFunction(ctx context.Context, name string) error {
	what := "function " + name
	f, err := d.findFunction(ctx, name)
	switch {
	case err != nil:
		return err
	case f == nil:
		d.say(same, "%s: there is none", what)
		return nil
	}
	if _, err := d.Lambda.DeleteFunction(ctx, &sdk.DeleteFunctionInput{FunctionName: &name}); err != nil && !isMissing(err) {
		return explain(what, err)
	}
	d.say(removed, "%s; its log group /aws/lambda/%s stays", what, name)
	return nil
}

func (d *Deployer) removeRole(ctx context.Context, name string) error {
	what := "role " + name
	out, err := d.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	switch {
	case isMissing(err):
		d.say(same, "%s: there is none", what)
		return nil
	case err != nil:
		return explain(what, err)
	case !isOurRole(out.Role):
		d.say(same, "%s: not made by deploy, so it stays", what)
		return nil
	}
	for _, p := range []string{ownPolicy, dataPolicy} {
		if _, err := d.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &name, PolicyName: &p}); err != nil && !isMissing(err) {
			return explain(what, err)
		}
	}
	_, err = d.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &name})
	if isCode(err, "DeleteConflict") {
		return fmt.Errorf("%s: it has policies that deploy did not give it: detach them first", what)
	}
	if err != nil && !isMissing(err) {
		return explain(what, err)
	}
	d.say(removed, "%s", what)
	return nil
}
