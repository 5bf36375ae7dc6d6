package expect

import "testing"

func TestAgree(t *testing.T) {
	tests := []struct {
		name       string
		comparison Comparison
		want       bool
	}{
		{"all as expected", Comparison{Expected: 3}, true},
		{"a difference", Comparison{Expected: 3, Difference: "leaf0: …"}, false},
		{"nothing is expected, so it could not fail", Comparison{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Agree().Match(test.comparison)
			if err != nil || got != test.want {
				t.Errorf("got %t, %v; want %t", got, err, test.want)
			}
		})
	}
	if _, err := Agree().Match("text"); err == nil {
		t.Error("Agree takes what is no comparison")
	}
}
