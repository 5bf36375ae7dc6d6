package calico

import "testing"

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]Version{
		"v3.31.0": {3, 31}, "3.32": {3, 32}, "v3.33.0-0.dev": {3, 33},
	} {
		if got, err := ParseVersion(text); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "v3", "three.31", "v3.x.1", "v3.-1"} {
		if got, err := ParseVersion(text); err == nil {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
}
