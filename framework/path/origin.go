package path

import (
	"fmt"
	"strings"
)

// Origin is the attribute ORIGIN, with BGP's numbers (RFC 4271, section 5.1.1).
type Origin uint8

// The origins. BIRD, BIRD 2 and FRR give IGP to whatever a lab has them originate.
const (
	IGP Origin = iota
	EGP
	Incomplete
)

func (o Origin) names() []string { return []string{"IGP", "EGP", "incomplete"} }

// String is the origin as FRR prints it.
func (o Origin) String() string {
	if names := o.names(); int(o) < len(names) {
		return names[o]
	}
	return fmt.Sprintf("origin %d", uint8(o))
}

// UnmarshalText reads an origin as BIRD or FRR prints it: they differ in capitals.
func (o *Origin) UnmarshalText(text []byte) error {
	for i, name := range o.names() {
		if strings.EqualFold(name, string(text)) {
			*o = Origin(i)
			return nil
		}
	}
	return fmt.Errorf("unknown ORIGIN %q", text)
}
