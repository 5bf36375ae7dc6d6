package bird

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/session"
)

// kernelProtocol is the name of BIRD's protocol for the kernel, in routers'
// configurations and in Calico's.
const kernelProtocol = "kernel1"

// ReadSessions reads the sessions of a BIRD on a host, and their local AS numbers from
// the file that it runs by.
func ReadSessions(ctx context.Context, host router.Host, socket, config string) ([]session.Session, error) {
	client, err := Dial(ctx, host.DialContext, socket)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	text, err := host.ReadFile(config)
	if err != nil {
		return nil, err
	}
	return client.Sessions(ctx, text)
}

// ReadPaths reads what a BIRD on a host has learned by BGP, as router.Driver's Paths
// does.
func ReadPaths(ctx context.Context, host router.Host, socket string) ([]router.Path, error) {
	client, err := Dial(ctx, host.DialContext, socket)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	table, err := client.Routes(ctx)
	if err != nil {
		return nil, err
	}
	// BIRD joins equal paths on their way to the kernel only.
	joined, err := client.Exported(ctx, kernelProtocol)
	if err != nil {
		return nil, err
	}
	return Learned(table, joined), nil
}

// Learned takes what was learned by BGP from BIRD's table, where the best path of a
// prefix comes first. joined are BIRD's routes for the kernel, which have the next hops
// of all paths that are used: such a path has the best one's merits, and its next hops
// are among them and no earlier path's.
func Learned(table, joined []Path) []router.Path {
	free := map[netip.Prefix][]route.NextHop{}
	for _, p := range joined {
		free[p.Prefix] = slices.Clone(p.NextHops)
	}
	best := map[netip.Prefix]Path{}
	var paths []router.Path
	for _, p := range table {
		if p.Best {
			best[p.Prefix] = p
		}
		if p.BGP == nil || !p.Peer.IsValid() {
			continue
		}
		path := router.Path{
			Path: path.Path{
				Prefix: p.Prefix, Peer: p.Peer, NextHop: p.BGP.NextHop, ASPath: p.BGP.ASPath,
				OriginatorID: p.BGP.OriginatorID, ClusterList: p.BGP.ClusterList,
				Communities: router.Communities(p.BGP.Communities, p.BGP.LargeCommunities),
				Origin:      p.BGP.Origin, LocalPref: p.BGP.LocalPref, MED: p.BGP.MED,
			},
			Valid: p.Kind != route.Unreachable, Best: p.Best,
		}
		taken := func(hop route.NextHop) bool { return !slices.Contains(free[p.Prefix], hop) }
		if path.Valid && len(p.NextHops) > 0 && alike(best[p.Prefix], p) && !slices.ContainsFunc(p.NextHops, taken) {
			path.Used = true
			free[p.Prefix] = slices.DeleteFunc(free[p.Prefix], func(hop route.NextHop) bool { return slices.Contains(p.NextHops, hop) })
		}
		paths = append(paths, path)
	}
	return router.SortPaths(paths)
}

// alike reports whether two paths have the merits that come before their next hops:
// preference, length and origin.
func alike(a, b Path) bool {
	return a.BGP != nil && b.BGP != nil && a.BGP.LocalPref == b.BGP.LocalPref &&
		len(a.BGP.ASPath) == len(b.BGP.ASPath) && a.BGP.Origin == b.BGP.Origin
}

// ReadEvidence reads what a BIRD on a host says of itself, in its own words. It is asked
// by its socket, for not every host has the program that does.
func ReadEvidence(ctx context.Context, host router.Host, socket string) []router.Record {
	var records []router.Record
	for _, ask := range []struct{ file, command string }{
		{"bird-status.txt", "show status"}, {"bird-protocols.txt", "show protocols all"}, {"bird-routes.txt", "show route all"},
	} {
		text, err := answer(ctx, host, socket, ask.command)
		records = append(records, router.Record{File: ask.file, Data: []byte(text), Err: err})
	}
	return records
}

// answer gives a BIRD one command and returns its answer, line by line.
func answer(ctx context.Context, host router.Host, socket, command string) (string, error) {
	client, err := Dial(ctx, host.DialContext, socket)
	if err != nil {
		return "", err
	}
	defer client.Close()
	replies, err := client.Command(ctx, command)
	var lines []string
	for _, reply := range replies {
		lines = append(lines, reply.Text)
	}
	return strings.Join(lines, "\n"), err
}
