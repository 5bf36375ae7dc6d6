package spread

import "testing"

func TestOf(t *testing.T) {
	cases := []struct {
		name   string
		values []float64
		want   Spread
	}{
		{"nothing", nil, Spread{}},
		{"one", []float64{3}, Spread{3, 3, 3}},
		{"odd and unordered", []float64{9, 1, 4}, Spread{1, 4, 9}},
		{"even", []float64{8, 1, 2, 4}, Spread{1, 3, 8}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Of(c.values); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
