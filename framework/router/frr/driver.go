package frr

import (
	"context"
	"fmt"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// Name is what topologies call FRR.
const Name topology.Software = "frr"

// Driver is FRR on a router of the fabric.
type Driver struct{}

// Name implements router.Driver.
func (Driver) Name() topology.Software { return Name }

// Image implements router.Driver.
func (Driver) Image() string { return "frr" }

// Origin implements router.Driver.
func (Driver) Origin() route.Origin { return route.OriginBGP }

// Reconfigure implements router.Driver. It changes what bgpd does; zebra has nothing to
// change.
func (Driver) Reconfigure(ctx context.Context, dial router.Dialer, before, after fabric.Router) (restart bool, err error) {
	lines, inPlace, err := Changes(before, after)
	switch {
	case err != nil:
		return false, err
	case !inPlace:
		return true, nil
	case len(lines) == 0:
		return false, nil
	}
	// Lines before one that is refused are in force.
	err = Configure(ctx, dial, lines)
	return err != nil, err
}

// Sessions implements router.Driver.
func (Driver) Sessions(ctx context.Context, host router.Host) ([]session.Session, error) {
	data, err := Query(ctx, host.DialContext, SessionsQuery)
	if err != nil {
		return nil, err
	}
	return ParseSessions(data)
}

// Paths implements router.Driver.
func (Driver) Paths(ctx context.Context, host router.Host) ([]router.Path, error) {
	data, err := Query(ctx, host.DialContext, RIBQuery)
	if err != nil {
		return nil, err
	}
	table, err := ParseRIB(data)
	if err != nil {
		return nil, err
	}
	return Learned(table), nil
}

// Learned has what the router has learned by BGP: it leaves out what the router originates.
func Learned(table RIB) []router.Path {
	var paths []router.Path
	for _, p := range table.Paths {
		if !p.Peer.IsValid() {
			continue
		}
		path := router.Path{
			Path: path.Path{
				Prefix: p.Prefix, Peer: p.Peer, ASPath: p.ASPath, OriginatorID: p.OriginatorID, ClusterList: p.ClusterList,
				Communities: router.Communities(p.Communities, p.LargeCommunities),
				Origin:      p.Origin, LocalPref: p.LocalPref, MED: p.MED,
			},
			Valid: p.Valid, Stale: p.Stale, Best: p.Best, Used: p.Valid && (p.Best || p.Multipath),
		}
		if len(p.NextHops) > 0 {
			path.NextHop = p.NextHops[0]
		}
		paths = append(paths, path)
	}
	return router.SortPaths(paths)
}

// Evidence implements router.Driver.
func (Driver) Evidence(ctx context.Context, host router.Host, r fabric.Router) []router.Record {
	running, err := host.Run(ctx, "vtysh", "-c", "show running-config")
	records := []router.Record{{File: "frr-running.conf", Data: running, Err: err}}
	ask := func(file, query string) {
		answer, err := Query(ctx, host.DialContext, query)
		records = append(records, router.Record{File: file, Data: answer, Err: err})
	}
	ask("frr-sessions.json", SessionsQuery)
	ask("frr-rib.json", RIBQuery)
	for _, n := range r.Neighbors {
		ask(fmt.Sprintf("frr-advertised-%s.json", n.Host), AdvertisedQuery(n.Address))
	}
	return records
}
