package path

import "testing"

func TestOriginIsReadAsEitherPrintsIt(t *testing.T) {
	for text, want := range map[string]Origin{"IGP": IGP, "EGP": EGP, "Incomplete": Incomplete, "incomplete": Incomplete} {
		var got Origin
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %s, error %v", text, got, err)
		}
	}
	var got Origin
	if err := got.UnmarshalText([]byte("IBGP")); err == nil {
		t.Error("an unknown origin is read")
	}
}
