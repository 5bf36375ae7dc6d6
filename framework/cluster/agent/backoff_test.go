package agent

import (
	"slices"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	tests := []struct {
		name string
		ran  []time.Duration
		want []time.Duration
	}{
		{
			"a container that always fails at once", make([]time.Duration, 8),
			[]time.Duration{0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute},
		},
		{
			"a run that lasted", []time.Duration{0, 0, 11 * time.Minute, 0},
			[]time.Duration{0, 10 * time.Second, 0, 10 * time.Second},
		},
		{
			"a run that lasted, but not long enough", []time.Duration{0, 0, 9 * time.Minute},
			[]time.Duration{0, 10 * time.Second, 20 * time.Second},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b backoff
			var got []time.Duration
			for _, ran := range test.ran {
				got = append(got, b.next(ran))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
