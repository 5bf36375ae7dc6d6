package frr

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/fabric"
)

// Changes are the configuration lines that make a bgpd which runs the old
// configuration run the new one, and leave alone the sessions that both have
// alike. A neighbour that differs is removed and configured from nothing: what it
// is then depends on nothing that it was.
//
// ok is false where only a new start of bgpd will do: its AS number, its router
// ID and its part in graceful restarts concern every session, and FRR 8.4 wants
// all of them reset for the last.
func Changes(before, after fabric.Router) (lines []string, ok bool, err error) {
	if err := after.Check(); err != nil {
		return nil, false, fmt.Errorf("change FRR's configuration of %s: %w", after.Host, err)
	}
	if before.Host != after.Host || before.AS != after.AS || before.RouterID != after.RouterID || before.ForgetRestarting != after.ForgetRestarting {
		return nil, false, nil
	}
	had, err := neighborTexts(before)
	if err != nil {
		return nil, false, err
	}
	has, err := neighborTexts(after)
	if err != nil {
		return nil, false, err
	}
	var family, begin []string
	for i, text := range had {
		if !slices.Contains(has, text) {
			lines = append(lines, fmt.Sprintf("no neighbor %s", before.Neighbors[i].Address))
		}
	}
	for i, text := range has {
		address := after.Neighbors[i].Address
		originate := fmt.Sprintf("neighbor %s default-originate", address)
		if at := slices.Index(had, text); at >= 0 {
			if on := after.Neighbors[i].DefaultOriginate; on != before.Neighbors[at].DefaultOriginate {
				family = append(family, unless(on, originate))
			}
			continue
		}
		// Else a neighbour that connects between two lines gets a session for no
		// address family, which FRR does not reset when one is activated.
		neighbor := strings.Split(text.neighbor, "\n")
		lines = append(append(lines, neighbor[0], fmt.Sprintf("neighbor %s shutdown", address)), neighbor[1:]...)
		family = append(family, strings.Split(text.activation, "\n")...)
		if after.Neighbors[i].DefaultOriginate {
			family = append(family, originate)
		}
		begin = append(begin, fmt.Sprintf("no neighbor %s shutdown", address))
	}
	for _, network := range before.Networks {
		if !slices.Contains(after.Networks, network) {
			family = append(family, fmt.Sprintf("no network %s", network))
		}
	}
	for _, network := range after.Networks {
		if !slices.Contains(before.Networks, network) {
			family = append(family, fmt.Sprintf("network %s", network))
		}
	}
	if len(family) > 0 {
		lines = append(lines, "address-family ipv4 unicast")
		lines = append(append(lines, family...), "exit-address-family")
	}
	lines = append(lines, begin...)
	// The last one: it has the router announce its routes again, and FRR 8.4 loses the
	// withdrawal of a default route that falls into that.
	if after.GracefulShutdown != before.GracefulShutdown {
		lines = append(lines, unless(after.GracefulShutdown, "bgp graceful-shutdown"))
	}
	if len(lines) == 0 {
		return nil, true, nil
	}
	lines = append([]string{fmt.Sprintf("router bgp %d", after.AS)}, lines...)
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines, true, nil
}

// unless is a statement, or what removes it.
func unless(on bool, statement string) string {
	if on {
		return statement
	}
	return "no " + statement
}

// neighborText is what bgpd.conf says of a neighbour: for the router and for the
// address family. Its default-originate is left out, as that changes within the session.
type neighborText struct{ neighbor, activation string }

func neighborTexts(r fabric.Router) ([]neighborText, error) {
	var texts []neighborText
	for _, n := range r.Neighbors {
		var neighbor, activation bytes.Buffer
		if err := bgpdTemplate.ExecuteTemplate(&neighbor, "neighbor", n); err != nil {
			return nil, fmt.Errorf("render FRR's configuration of %s: %w", r.Host, err)
		}
		if err := bgpdTemplate.ExecuteTemplate(&activation, "activation", n); err != nil {
			return nil, fmt.Errorf("render FRR's configuration of %s: %w", r.Host, err)
		}
		texts = append(texts, neighborText{neighbor.String(), activation.String()})
	}
	return texts, nil
}
