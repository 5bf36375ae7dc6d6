package frr

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"

	"github.com/rackproof/rackproof/framework/path"
)

// RIB is what BGP knows on a router, chosen or not.
type RIB struct {
	RouterID netip.Addr
	AS       uint32
	// Paths are ordered by prefix, the best one of each prefix first.
	Paths []Path
}

// Path is one way to a prefix.
type Path struct {
	Prefix netip.Prefix
	// Peer is whom the path was learned from, not valid for the router's own.
	Peer netip.Addr
	// NextHops are the path's next hops, none for the router's own.
	NextHops []netip.Addr
	// ASPath is without the marks of an AS_SET, whose members stand one after
	// the other.
	ASPath []uint32
	Origin path.Origin
	// LocalPref is the router's default where the path has none.
	LocalPref uint32
	MED       path.MED
	// Communities and LargeCommunities are written as FRR does: 65000:100,
	// 64512:1:2.
	Communities, LargeCommunities []string
	// OriginatorID and ClusterList are a route reflector's marks (RFC 4456).
	OriginatorID netip.Addr
	ClusterList  []netip.Addr
	// Valid reports whether the next hop is reachable.
	Valid bool
	// Stale marks a path that is kept for a neighbour that restarts (RFC 4724). Of
	// several from one neighbour (RFC 7911) FRR 8.4 was seen to keep one, unused, after
	// the neighbour was back and had sent all its paths again.
	Stale bool
	// Best is the path that the router uses and passes on. Multipath marks the
	// paths of an ECMP set, the best one among them.
	Best, Multipath bool
}

// AdvertisedQuery is the command that tells what a router has announced to a neighbour
// and not withdrawn: what the neighbour is to have, whatever the router's own RIB says.
func AdvertisedQuery(neighbor netip.Addr) string {
	return fmt.Sprintf("show bgp ipv4 unicast neighbors %s advertised-routes json", neighbor)
}

// RIBQuery is the command whose answer ParseRIB reads.
const RIBQuery = "show bgp ipv4 unicast json detail"

// pathJSON is a path as FRR 8.4 prints it. The first entry of each prefix is no
// path but tells about the prefix; only paths have an aspath.
type pathJSON struct {
	ASPath *struct {
		Segments []struct {
			List []uint32 `json:"list"`
		} `json:"segments"`
	} `json:"aspath"`
	Origin    path.Origin `json:"origin"`
	LocalPref *uint32     `json:"locPrf"`
	MED       *uint32     `json:"metric"`
	Valid     bool        `json:"valid"`
	Stale     bool        `json:"stale"`
	Multipath bool        `json:"multipath"`
	BestPath  struct {
		Overall bool `json:"overall"`
	} `json:"bestpath"`
	Community struct {
		List []string `json:"list"`
	} `json:"community"`
	LargeCommunity struct {
		List []string `json:"list"`
	} `json:"largeCommunity"`
	OriginatorID netip.Addr `json:"originatorId"`
	ClusterList  struct {
		List []netip.Addr `json:"list"`
	} `json:"clusterList"`
	NextHops []struct {
		IP netip.Addr `json:"ip"`
	} `json:"nexthops"`
	Peer struct {
		ID netip.Addr `json:"peerId"`
	} `json:"peer"`
}

// ParseRIB reads the router's BGP table.
func ParseRIB(output []byte) (RIB, error) {
	var table struct {
		// Warning is what FRR says in place of a table.
		Warning          string                      `json:"warning"`
		RouterID         netip.Addr                  `json:"routerId"`
		LocalAS          uint32                      `json:"localAS"`
		DefaultLocalPref uint32                      `json:"defaultLocPrf"`
		Routes           map[netip.Prefix][]pathJSON `json:"routes"`
	}
	if err := json.Unmarshal(output, &table); err != nil {
		return RIB{}, fmt.Errorf("read FRR's BGP table: %w", err)
	}
	if table.Warning != "" {
		return RIB{}, fmt.Errorf("read FRR's BGP table: FRR has none: %s; look for a refused line of bgpd.conf in bgpd's log", table.Warning)
	}
	rib := RIB{RouterID: table.RouterID, AS: table.LocalAS}
	for prefix, entries := range table.Routes {
		for _, entry := range entries {
			if entry.ASPath != nil {
				rib.Paths = append(rib.Paths, entry.path(prefix, table.DefaultLocalPref))
			}
		}
	}
	slices.SortStableFunc(rib.Paths, func(a, b Path) int {
		return cmp.Or(a.Prefix.Compare(b.Prefix), cmp.Compare(rank(a), rank(b)), a.Peer.Compare(b.Peer))
	})
	return rib, nil
}

// rank puts the best path of a prefix before the others.
func rank(p Path) int {
	if p.Best {
		return 0
	}
	return 1
}

// numbered writes communities that FRR prints by their names as it prints all others.
func numbered(communities []string) []string {
	for i, c := range communities {
		if number, ok := wellKnown()[c]; ok {
			communities[i] = number
		}
	}
	return communities
}

// wellKnown are the communities that FRR 8.4 names (bgpd/bgp_community.c,
// set_community_string), with their numbers in IANA's registry.
func wellKnown() map[string]string {
	return map[string]string{
		"gracefulShutdown":        gshut,
		"acceptown":               "65535:1",
		"routeFilterTranslatedV4": "65535:2",
		"routeFilterV4":           "65535:3",
		"routeFilterTranslatedV6": "65535:4",
		"routeFilterV6":           "65535:5",
		"llgrStale":               "65535:6",
		"noLlgr":                  "65535:7",
		"acceptownnexthop":        "65535:8",
		"blackhole":               "65535:666",
		"noExport":                "65535:65281",
		"noAdvertise":             "65535:65282",
		"localAs":                 "65535:65283",
		"noPeer":                  "65535:65284",
	}
}

func (p pathJSON) path(prefix netip.Prefix, defaultLocalPref uint32) Path {
	way := Path{
		Prefix:           prefix,
		Origin:           p.Origin,
		LocalPref:        defaultLocalPref,
		Communities:      numbered(p.Community.List),
		LargeCommunities: p.LargeCommunity.List,
		OriginatorID:     p.OriginatorID,
		ClusterList:      p.ClusterList.List,
		Valid:            p.Valid,
		Stale:            p.Stale,
		Best:             p.BestPath.Overall,
		Multipath:        p.Multipath,
	}
	if p.LocalPref != nil {
		way.LocalPref = *p.LocalPref
	}
	if p.MED != nil {
		way.MED = path.MED{Value: *p.MED, Present: true}
	}
	for _, segment := range p.ASPath.Segments {
		way.ASPath = append(way.ASPath, segment.List...)
	}
	// The router's own paths have the unspecified address for peer and next hop.
	if !p.Peer.ID.IsUnspecified() {
		way.Peer = p.Peer.ID
	}
	for _, hop := range p.NextHops {
		if !hop.IP.IsUnspecified() {
			way.NextHops = append(way.NextHops, hop.IP)
		}
	}
	return way
}
