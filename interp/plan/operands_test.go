package plan

import (
	"slices"
	"strings"
	"testing"
)

func TestOperands(t *testing.T) {
	is := func(word string) bool { return strings.HasPrefix(word, "s3:") }
	cases := []struct {
		words string
		want  []int
	}{
		{"cat s3:a b s3:c", []int{1, 3}},
		{"/bin/cat -n s3:a", []int{2}},
		{"cat a", nil},
		{"aws s3 rm s3:a", nil},
		{"rm s3:a", nil},
		{"sort -k 2 s3:a -o s3:b", []int{3}},
		{"sort --output s3:b", nil},
		{"uniq s3:a s3:b", []int{1}},
		{"cp s3:a s3:b dir", []int{1, 2}},
		{"cp a s3:b", nil},
		{"grep -c s3:pattern", nil},
		{"grep s3:pattern s3:a", []int{2}},
		{"grep -e x s3:a", []int{3}},
		{"grep --regexp=x s3:a", []int{2}},
		{"grep -i x -- s3:a", []int{4}},
		{"sed -n 1p s3:a", []int{3}},
		{"sed -ne 1p s3:a", []int{3}},
		{"awk -f prog s3:a", []int{3}},
		{"jq . s3:a s3:b", []int{2, 3}},
	}
	for _, tt := range cases {
		if got := Operands(strings.Fields(tt.words), is); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.words, got, tt.want)
		}
	}
}
