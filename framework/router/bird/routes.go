package bird

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/rackproof/rackproof/framework/path"
	"github.com/rackproof/rackproof/framework/route"
)

// Path is one way to a prefix that BIRD knows, used or not.
type Path struct {
	Prefix netip.Prefix
	// Kind is Unreachable too for a path whose BGP next hop cannot be resolved.
	Kind     route.Kind
	NextHops []route.NextHop
	// Protocol is the name of the protocol that the path comes from: Mesh_…,
	// Node_…, static1, kernel1, direct1.
	Protocol string
	// Peer is whom a path was learned from by BGP; not valid for other paths.
	Peer netip.Addr
	// Best is the path that BIRD uses.
	Best bool
	// BGP has the path's BGP attributes, if it has any.
	BGP *Attributes
}

// Attributes are a path's BGP attributes. In what BIRD exports they are those
// that it sends.
type Attributes struct {
	Origin path.Origin
	// ASPath is without the marks of an AS_SET, whose members stand one after
	// the other.
	ASPath  []uint32
	NextHop netip.Addr
	// LocalPref is 0 where the path has none, as in what BIRD exports to another AS. Every
	// path that BIRD has from a neighbour has one.
	LocalPref uint32
	MED       path.MED
	// Communities and LargeCommunities are written with colons: 65000:100,
	// 64512:1:2.
	Communities, LargeCommunities []string
	// OriginatorID and ClusterList are a route reflector's marks (RFC 4456).
	OriginatorID netip.Addr
	ClusterList  []netip.Addr
}

const (
	codeRoute          = 1007
	codeRouteType      = 1008
	codeRouteAttribute = 1012
)

// Routes asks BIRD for all it knows in its main table, ordered by prefix with the
// best path first.
func (c *Client) Routes(ctx context.Context) ([]Path, error) {
	return c.paths(ctx, "show route all")
}

// Exported asks BIRD for what it sends by a protocol, such as Mesh_10_1_5_11: its
// paths with the attributes that the protocol's export filter leaves them.
func (c *Client) Exported(ctx context.Context, protocol string) ([]Path, error) {
	return c.paths(ctx, "show route all export "+protocol)
}

func (c *Client) paths(ctx context.Context, command string) ([]Path, error) {
	replies, err := c.Command(ctx, command)
	if err != nil {
		return nil, err
	}
	paths, err := parsePaths(replies)
	if err != nil {
		return nil, fmt.Errorf("read BIRD's answer to %q: %w", command, err)
	}
	return paths, nil
}

// parsePaths reads the answer to `show route … all`: a line for each path,
// followed by lines for further next hops, for its type and for its attributes.
func parsePaths(replies []Reply) ([]Path, error) {
	var paths []Path
	for _, r := range replies {
		var err error
		switch {
		case r.Code == codeRoute && !strings.HasPrefix(r.Text, "\t"):
			var path Path
			if path, err = parsePath(r.Text); err == nil {
				if !path.Prefix.IsValid() && len(paths) > 0 {
					path.Prefix = paths[len(paths)-1].Prefix
				}
				paths = append(paths, path)
			}
		case len(paths) == 0:
			err = fmt.Errorf("details before the first path")
		case r.Code == codeRoute:
			err = readNextHop(&paths[len(paths)-1], strings.Fields(r.Text))
		case r.Code == codeRouteType:
			readType(&paths[len(paths)-1], r.Text)
		case r.Code == codeRouteAttribute:
			err = ReadAttribute(&paths[len(paths)-1], r.Text)
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", r.Text, err)
		}
	}
	slices.SortStableFunc(paths, func(a, b Path) int {
		return cmp.Or(a.Prefix.Compare(b.Prefix), cmp.Compare(rank(a), rank(b)))
	})
	return paths, nil
}

// rank puts the best path of a prefix before the others.
func rank(p Path) int {
	if p.Best {
		return 0
	}
	return 1
}

// parsePath reads a path's line:
//
//	10.244.0.64/26     via 10.1.5.11 on net0 [Node_10_1_5_1 03:49:31 from 10.1.5.1] * (100/0) [i]
//
// The prefix is left out where the line before was about the same one. Peer is set
// for any protocol here.
func parsePath(line string) (Path, error) {
	var path Path
	way, rest, ok := strings.Cut(line, "[")
	source, marks, closed := strings.Cut(rest, "]")
	if !ok || !closed {
		return path, fmt.Errorf("no protocol in brackets")
	}
	words := strings.Fields(way)
	if !strings.HasPrefix(way, " ") && len(words) > 0 {
		var err error
		if path.Prefix, err = netip.ParsePrefix(words[0]); err != nil {
			return path, err
		}
		words = words[1:]
	}
	if err := readNextHop(&path, words); err != nil {
		return path, err
	}

	from := strings.Fields(source)
	if len(from) == 0 {
		return path, fmt.Errorf("no protocol in brackets")
	}
	path.Protocol = from[0]
	// BIRD says whom a path is from only if that is not its gateway.
	if len(path.NextHops) > 0 {
		path.Peer = path.NextHops[0].Via
	}
	if i := slices.Index(from, "from"); i >= 0 && i+1 < len(from) {
		var err error
		if path.Peer, err = netip.ParseAddr(from[i+1]); err != nil {
			return path, err
		}
	}
	// "!" is a best path that the kernel did not take.
	if m := strings.Fields(marks); len(m) > 0 {
		path.Best = m[0] == "*" || m[0] == "!"
	}
	return path, nil
}

// readNextHop reads where a path leads: `via ADDRESS on INTERFACE`, `dev
// INTERFACE`, or what becomes of a packet otherwise.
func readNextHop(path *Path, words []string) error {
	switch {
	case len(words) >= 4 && words[0] == "via" && words[2] == "on":
		via, err := netip.ParseAddr(words[1])
		if err != nil {
			return err
		}
		path.NextHops = append(path.NextHops, route.NextHop{Via: via, Dev: words[3]})
	case len(words) >= 2 && words[0] == "dev":
		path.NextHops = append(path.NextHops, route.NextHop{Dev: words[1]})
	case len(words) == 1 && words[0] == "multipath": // the next hops follow, a line each
	case len(words) == 1 && words[0] == "blackhole":
		path.Kind = route.Blackhole
	case len(words) == 1 && words[0] == "unreachable":
		path.Kind = route.Unreachable
	case len(words) == 1 && words[0] == "prohibited":
		path.Kind = route.Prohibit
	default:
		return fmt.Errorf("unknown kind of path %q", strings.Join(words, " "))
	}
	return nil
}

// readType reads `Type: BGP unicast univ`.
func readType(path *Path, line string) {
	if words := strings.Fields(line); len(words) < 2 || words[1] != "BGP" {
		path.Peer = netip.Addr{}
	}
}

// ReadAttribute reads one line of a path's attributes. Those of other protocols than BGP, and those
// of no interest, are passed over.
func ReadAttribute(path *Path, line string) error {
	key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
	name, ok := strings.CutPrefix(key, "BGP.")
	if !ok {
		return nil
	}
	if path.BGP == nil {
		path.BGP = &Attributes{}
	}
	a, value, err := path.BGP, strings.TrimSpace(value), error(nil)
	switch name {
	case "origin":
		err = a.Origin.UnmarshalText([]byte(value))
	case "as_path":
		a.ASPath, err = parseASPath(value)
	case "next_hop":
		// For IPv6 a link-local address may follow.
		first, _, _ := strings.Cut(value, " ")
		a.NextHop, err = netip.ParseAddr(first)
	case "local_pref":
		a.LocalPref, err = parseNumber(value)
	case "med":
		a.MED.Present = true
		a.MED.Value, err = parseNumber(value)
	case "community":
		a.Communities = parseCommunities(value)
	case "large_community":
		a.LargeCommunities = parseCommunities(value)
	case "originator_id":
		a.OriginatorID, err = netip.ParseAddr(value)
	case "cluster_list":
		for word := range strings.FieldsSeq(value) {
			var id netip.Addr
			if id, err = netip.ParseAddr(word); err != nil {
				break
			}
			a.ClusterList = append(a.ClusterList, id)
		}
	}
	return err
}

func parseNumber(value string) (uint32, error) {
	n, err := strconv.ParseUint(value, 10, 32)
	return uint32(n), err
}

func parseASPath(value string) ([]uint32, error) {
	var path []uint32
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" {}()", r) }) {
		as, err := parseNumber(word)
		if err != nil {
			return nil, err
		}
		path = append(path, as)
	}
	return path, nil
}

// parseCommunities reads `(65000,1) (65000,2)` and `(64512, 1, 2)`.
func parseCommunities(value string) []string {
	var communities []string
	for c := range strings.SplitSeq(value, ")") {
		if c = strings.Trim(c, " ("); c != "" {
			communities = append(communities, strings.ReplaceAll(strings.ReplaceAll(c, " ", ""), ",", ":"))
		}
	}
	return communities
}
