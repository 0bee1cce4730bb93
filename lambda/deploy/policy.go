package deploy

import (
	"encoding/json"
	"strings"
)

// policy is a document of IAM's (IAM User Guide, "JSON policy elements").
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string         `json:",omitempty"`
	Effect    string         // always Allow
	Principal map[string]any `json:",omitempty"`
	Action    []string
	Resource  []string       `json:",omitempty"`
	Condition map[string]any `json:",omitempty"`
}

// policyVersion is the version of the language, the only one that is current.
const policyVersion = "2012-10-17"

func newPolicy(s ...statement) *policy { return &policy{policyVersion, s} }

func allow(sid string, actions []string, resources ...string) statement {
	return statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources}
}

// String is the document in JSON.
func (p *policy) String() string { return string(p.json("")) }

func (p *policy) json(indent string) []byte {
	text, err := json.MarshalIndent(p, "", indent)
	if indent == "" {
		text, err = json.Marshal(p)
	}
	if err != nil { // the types are our own
		panic(err)
	}
	return text
}

// trustPolicy lets Lambda take a role.
var trustPolicy = newPolicy(statement{Effect: "Allow", Principal: map[string]any{"Service": "lambda.amazonaws.com"}, Action: []string{"sts:AssumeRole"}})

// What is done with a bucket's objects, and with the bucket for it.
var (
	readActions   = []string{"s3:GetObject"}
	listActions   = []string{"s3:ListBucket", "s3:GetBucketLocation"}
	writeActions  = []string{"s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
	uploadActions = []string{"s3:ListBucketMultipartUploads"}
)

func (id *identity) bucketARN(name string) string { return "arn:" + id.partition + ":s3:::" + name }

func (id *identity) functionARN(region, name string) string {
	return strings.Join([]string{"arn", id.partition, "lambda", region, id.account, "function", name}, ":")
}

func (id *identity) roleARN(name string) string {
	return "arn:" + id.partition + ":iam::" + id.account + ":role/" + name
}

// functionPolicy are the least rights that the function works with.
func functionPolicy(p *Plan, id *identity) *policy {
	bucket, function := id.bucketARN(p.Bucket), id.functionARN(p.Region, p.Function)
	logs := strings.Join([]string{"arn", id.partition, "logs", p.Region, id.account, ""}, ":")
	group := logs + "log-group:/aws/lambda/" + p.Function
	return newPolicy(
		allow("Objects", concat(readActions, writeActions), bucket+"/*"),
		allow("Bucket", concat(listActions, uploadActions), bucket),
		allow("Nested", []string{"lambda:InvokeFunction"}, function, function+":*"),
		allow("LogGroup", []string{"logs:CreateLogGroup"}, group, group+":*"),
		allow("Log", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, group+":*"),
	)
}

// functionDataPolicy are the rights to further buckets.
func functionDataPolicy(p *Plan, id *identity) *policy {
	out := newPolicy()
	add := func(sid string, places, actions, bucketActions []string) {
		if len(places) == 0 {
			return
		}
		var objects, buckets []string
		for _, place := range places {
			bucket, prefix, _ := strings.Cut(strings.TrimPrefix(place, "s3://"), "/")
			objects = append(objects, id.bucketARN(bucket)+"/"+prefix+"*")
			buckets = append(buckets, id.bucketARN(bucket))
		}
		out.Statement = append(out.Statement, allow(sid, actions, objects...), allow(sid+"Bucket", bucketActions, buckets...))
	}
	add("Read", p.Read, readActions, listActions)
	add("Write", p.Write, concat(readActions, writeActions), concat(listActions, uploadActions))
	return out
}

// Grantee says whose rights Policy prints, and to what.
type Grantee struct {
	Account  string // a number; empty for any
	Region   string // empty for any
	Function string
	Bucket   string // empty for those of the default name
	// UserOnly leaves out what deploy, undeploy and doctor need.
	UserOnly bool
}

// Policy is the document, in JSON, with the rights of people: those that running stages takes, and those of an operator.
func Policy(g Grantee) []byte {
	id := &identity{account: orAny(g.Account), partition: "aws"}
	bucket := g.Bucket
	if bucket == "" {
		bucket = id.bucketName(orAny(g.Region))
	}
	function := id.functionARN(orAny(g.Region), g.Function)
	arn := id.bucketARN(bucket)
	p := newPolicy(
		allow("RunStages", []string{"lambda:InvokeFunction"}, function),
		allow("Objects", concat(readActions, writeActions), arn+"/*"),
		allow("ListObjects", concat(listActions, uploadActions), arn),
	)
	if !g.UserOnly {
		p.Statement = append(p.Statement, operatorRights(id, g, arn, function)...)
	}
	return p.json("  ")
}

// operatorRights are those of deploy, undeploy and doctor. The calls that they make have rights of other names in some cases.
func operatorRights(id *identity, g Grantee, bucket, function string) []statement {
	role := id.roleARN(roleName(g.Function, orAny(g.Region)))
	pass := allow("GiveRole", []string{"iam:PassRole"}, role)
	pass.Condition = map[string]any{"StringEquals": map[string]string{"iam:PassedToService": "lambda.amazonaws.com"}}
	return []statement{
		allow("MakeBucket", []string{
			"s3:CreateBucket", "s3:DeleteBucket", "s3:GetBucketTagging", "s3:PutBucketTagging", "s3:TagResource",
			"s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock", "s3:GetEncryptionConfiguration",
			"s3:PutEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration",
		}, bucket),
		allow("MakeRole", []string{
			"iam:GetRole", "iam:CreateRole", "iam:DeleteRole", "iam:TagRole", "iam:UpdateAssumeRolePolicy",
			"iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy",
		}, role),
		pass,
		// Lambda reads an image with the rights of who names it, and lets itself in for later (Lambda Developer Guide, "Amazon ECR permissions").
		allow("ReadImage", []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"},
			strings.Join([]string{"arn", id.partition, "ecr", orAny(g.Region), id.account, "repository/*"}, ":")),
		allow("MakeFunction", []string{
			"lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:TagResource",
			"lambda:ListTags", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
		}, function),
		allow("Look", []string{"sts:GetCallerIdentity", "lambda:GetAccountSettings", "lambda:ListFunctions"}, "*"), // rights that no resource narrows
	}
}

func orAny(s string) string {
	if s == "" {
		return "*"
	}
	return s
}

func concat(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
