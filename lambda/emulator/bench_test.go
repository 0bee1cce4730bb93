package emulator

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// benchmarkService is an emulator with the test's function.
func benchmarkService(b *testing.B) (*Server, *lambda.Client) {
	archive, err := functionZip()
	if err != nil {
		b.Fatal(err)
	}
	s, err := Start(Config{AccessKey: "AKIDTEST", SecretKey: "secret", Self: []string{"/proc/self/exe", environmentFlag}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	c := client(s.URL(), "secret")
	_, err = c.CreateFunction(b.Context(), &lambda.CreateFunctionInput{FunctionName: aws.String("f"), Runtime: types.RuntimeProvidedal2023,
		Role: aws.String("arn:aws:iam::000000000000:role/r"), Code: &types.FunctionCode{ZipFile: archive}})
	if err != nil {
		b.Fatal(err)
	}
	return s, c
}

func BenchmarkInvoke(b *testing.B) {
	_, c := benchmarkService(b)
	for _, what := range []string{"warm", "cold"} {
		b.Run(what, func(b *testing.B) {
			for i := range b.N {
				if what == "cold" { // an update ends the environments that there are
					_, err := c.UpdateFunctionConfiguration(b.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("f"),
						Description: aws.String(fmt.Sprint(i))})
					if err != nil {
						b.Fatal(err)
					}
				}
				if _, err := c.Invoke(b.Context(), &lambda.InvokeInput{FunctionName: aws.String("f")}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
