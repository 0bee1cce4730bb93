package deploy

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sshell/remote/settings"
)

// examineBucket looks at the bucket, and reports whether stages could use it.
func (d *Doctor) examineBucket(ctx context.Context, id *identity) bool {
	name := d.Settings.Bucket
	if name == "" {
		d.bad(fmt.Errorf("bucket: none is set: make one with sshellctl deploy, or name it in SSHELL_BUCKET or %s", settings.ProjectFile))
		return false
	}
	what := "bucket " + name
	r := &Deployer{Clients: d.Clients, OwnBuckets: d.OwnBuckets}
	found, err := r.findBucket(ctx, name, d.Region, id.account)
	if err == nil && !found {
		err = fmt.Errorf("%s: there is none: make it with sshellctl deploy, or set SSHELL_BUCKET", what)
	}
	if err != nil {
		d.bad(err)
		return false
	}
	if err := d.probe(ctx, name); err != nil {
		d.bad(explain(what, err))
		return false
	}
	d.ok("%s: objects are created, read and removed", what)
	rules, err := r.expiryOf(ctx, name)
	switch {
	case isUnknownCall(err):
		d.note("%s: nothing left under tmp/ expires: the server has no such call", what)
	case err != nil:
		d.note("%s: whether what is left under tmp/ expires: %s", what, reason(err))
	case expires(rules) == 0:
		d.note("%s: nothing left under tmp/ expires: sshellctl deploy sets the rule, for a bucket that it makes", what)
	default:
		d.ok("%s: what is left under tmp/ expires after %d days", what, expires(rules))
	}
	return true
}

// probe does with an object what runs do: it is created where there is none, read, and removed.
func (d *Doctor) probe(ctx context.Context, bucket string) error {
	const text = "sshellctl doctor"
	key := tmpPrefix + "doctor-" + rand.Text()
	_, err := d.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(text), IfNoneMatch: aws.String("*")})
	if err != nil {
		return err
	}
	out, err := d.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err == nil {
		var data []byte
		data, err = io.ReadAll(out.Body)
		out.Body.Close()
		if err == nil && string(data) != text {
			err = fmt.Errorf("an object has other bytes than were stored: look at what is between here and S3")
		}
	}
	// It goes whatever happened, also when somebody stops us.
	_, derr := d.S3.DeleteObject(context.WithoutCancel(ctx), &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
	if err == nil {
		err = derr
	}
	return err
}
