package bird2

import (
	"bytes"
	_ "embed"
	"fmt"
	"text/template"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/router/bird"
)

//go:embed bird.conf.tmpl
var routerConf string

var routerTemplate = template.Must(template.New("bird.conf").Parse(routerConf))

// maxSymbol is the longest name that BIRD 2 gives anything (SYM_MAX_LEN in its
// conf/conf.h).
const maxSymbol = 64

// internalHops is how far an internal neighbour may be: with it BIRD sends packets
// with the largest TTL, as FRR does, so that a neighbour with TTL security has its
// session whether or not the router has it too.
const internalHops = 255

// Render implements router.Driver: it makes the configuration in a way that BIRD 2 does
// what FRR does by the same fabric.Router.
func (d Driver) Render(r fabric.Router) ([]router.File, error) {
	neighbors, err := d.neighbors(r)
	if err != nil {
		return nil, fmt.Errorf("render BIRD 2's configuration of %s: %w", r.Host, err)
	}
	var config bytes.Buffer
	err = routerTemplate.Execute(&config, struct {
		fabric.Router
		// Neighbors stand for the router's own, in the template.
		Neighbors []renderedNeighbor
	}{r, neighbors})
	if err != nil {
		return nil, fmt.Errorf("render BIRD 2's configuration of %s: %w", r.Host, err)
	}
	return []router.File{{Path: configFile, Content: config.Bytes()}}, nil
}

// renderedNeighbor is a neighbour with what the template does not work out.
type renderedNeighbor struct {
	fabric.Neighbor
	// Protocol is BIRD's name for the session.
	Protocol string
	Internal bool
	// Hops is how many hops away an internal neighbour may be.
	Hops int
}

func (d Driver) neighbors(r fabric.Router) ([]renderedNeighbor, error) {
	if err := d.Check(r); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	var neighbors []renderedNeighbor
	for _, n := range r.Neighbors {
		rendered := renderedNeighbor{Neighbor: n, Protocol: bird.ProtocolName(n.Host, names), Internal: r.Internal(n), Hops: internalHops}
		names[rendered.Protocol] = true
		if len(rendered.Protocol) > maxSymbol {
			return nil, fmt.Errorf("neighbor %s (%s): the name %s is longer than the %d characters that BIRD takes: shorten the host's name",
				n.Host, n.Address, rendered.Protocol, maxSymbol)
		}
		if n.TTLSecurity > 0 {
			rendered.Hops = n.TTLSecurity
		}
		neighbors = append(neighbors, rendered)
	}
	return neighbors, nil
}
