package bird

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"text/template"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router"
)

//go:embed bird.conf.tmpl
var routerConf string

var routerTemplate = template.Must(template.New("bird.conf").Parse(routerConf))

// maxSymbol is the longest name that BIRD 1.6 gives anything (SYM_MAX_LEN in its
// conf/conf.h).
const maxSymbol = 64

// internalHops is how far an internal neighbour may be: with it BIRD sends packets
// with the largest TTL, as FRR does, so that a neighbour with TTL security has its
// session whether or not the router has it too.
const internalHops = 255

// Render implements router.Driver: it makes RouterConfig, in a way that BIRD does what
// FRR does by the same fabric.Router.
func (Driver) Render(r fabric.Router) ([]router.File, error) {
	config, err := configuration(r)
	if err != nil {
		return nil, err
	}
	return []router.File{{Path: RouterConfig, Content: config}}, nil
}

func configuration(r fabric.Router) ([]byte, error) {
	neighbors, err := render(r)
	if err != nil {
		return nil, fmt.Errorf("render BIRD's configuration of %s: %w", r.Host, err)
	}
	var config bytes.Buffer
	err = routerTemplate.Execute(&config, struct {
		fabric.Router
		// Neighbors stand for the router's own, in the template.
		Neighbors []renderedNeighbor
	}{r, neighbors})
	if err != nil {
		return nil, fmt.Errorf("render BIRD's configuration of %s: %w", r.Host, err)
	}
	return config.Bytes(), nil
}

// renderedNeighbor is a neighbour with what the template does not work out.
type renderedNeighbor struct {
	fabric.Neighbor
	// Protocol is BIRD's name for the session.
	Protocol string
	Internal bool
	// Hops is how many hops away an internal neighbour may be.
	Hops int
	// Keep are the neighbours whose paths are sent to this one by reflection, where
	// NextHopSelf is for the others only. In BIRD 1.6 `next hop self` is for all
	// (bgp_update_attrs in its proto/bgp/attrs.c), so the export filter has to do it,
	// and that has to be told the router's own address.
	Keep []netip.Addr
}

func render(r fabric.Router) ([]renderedNeighbor, error) {
	if err := (Driver{}).Check(r); err != nil {
		return nil, err
	}
	reflects := slices.ContainsFunc(r.Neighbors, func(n fabric.Neighbor) bool { return n.ReflectorClient })
	names := map[string]bool{}
	var neighbors []renderedNeighbor
	for _, n := range r.Neighbors {
		rendered := renderedNeighbor{Neighbor: n, Protocol: ProtocolName(n.Host, names), Internal: r.Internal(n), Hops: internalHops}
		names[rendered.Protocol] = true
		if len(rendered.Protocol) > maxSymbol {
			return nil, fmt.Errorf("neighbor %s (%s): the name %s is longer than the %d characters that BIRD takes: shorten the host's name",
				n.Host, n.Address, rendered.Protocol, maxSymbol)
		}
		if n.TTLSecurity > 0 {
			rendered.Hops = n.TTLSecurity
		}
		if n.NextHopSelf && rendered.Internal && reflects {
			if !n.Local.IsValid() {
				return nil, fmt.Errorf("neighbor %s (%s): what is reflected must keep its next hop, and the router's own address for the rest is not given: set Local",
					n.Host, n.Address)
			}
			for _, other := range r.Neighbors {
				if r.Internal(other) {
					rendered.Keep = append(rendered.Keep, other.Address)
				}
			}
		}
		neighbors = append(neighbors, rendered)
	}
	return neighbors, nil
}

// ProtocolName names a session after the neighbour, as to_leaf0. A second session
// with the same neighbour, over another link, gets a number too.
func ProtocolName(host string, taken map[string]bool) string {
	name := "to_" + strings.Map(symbol, host)
	for unique, i := name, 2; ; i++ {
		if !taken[unique] {
			return unique
		}
		unique = fmt.Sprintf("%s_%d", name, i)
	}
}

// symbol replaces a character that BIRD's names cannot have by an underscore.
func symbol(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}
