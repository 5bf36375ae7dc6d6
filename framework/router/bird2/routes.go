package bird2

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
)

// kernelProtocol is the name of the protocol for the kernel in the configuration.
const kernelProtocol = "kernel1"

// Codes of the lines of `show route all` (doc/reply_codes).
const (
	codeRoute          = 1007
	codeRouteType      = 1008
	codeRouteAttribute = 1012
)

// paths asks BIRD 2 for paths, and orders them by prefix with the best path first.
func paths(ctx context.Context, client *bird.Client, command string) ([]bird.Path, error) {
	replies, err := client.Command(ctx, command)
	if err != nil {
		return nil, err
	}
	paths, err := parsePaths(replies)
	if err != nil {
		return nil, fmt.Errorf("read BIRD 2's answer to %q: %w", command, err)
	}
	return paths, nil
}

// parsePaths reads the answer to `show route all` (rt_show_rte in BIRD 2's
// nest/rt-show.c): a line for each table, a line for each path, and below that lines for
// its next hops, its type and its attributes:
//
//	Table master4:
//	10.244.0.64/26       unicast [to_worker 23:30:01.123] * (100/0) [i]
//		via 10.1.5.11 on eth3
//		Type: BGP univ
//		BGP.origin: IGP
func parsePaths(replies []bird.Reply) ([]bird.Path, error) {
	var paths []bird.Path
	for _, r := range replies {
		var err error
		detail := strings.HasPrefix(r.Text, "\t")
		switch {
		case r.Code == codeRoute && strings.HasPrefix(r.Text, "Table "):
		case r.Code == codeRoute && !detail:
			var path bird.Path
			if path, err = parsePath(r.Text); err == nil {
				if !path.Prefix.IsValid() && len(paths) > 0 {
					path.Prefix = paths[len(paths)-1].Prefix
				}
				paths = append(paths, path)
			}
		case len(paths) == 0 && detail:
			err = errors.New("details before the first path")
		case r.Code == codeRoute:
			err = readNextHop(&paths[len(paths)-1], strings.Fields(r.Text))
		case r.Code == codeRouteType:
			if words := strings.Fields(r.Text); len(words) < 2 || words[1] != "BGP" {
				paths[len(paths)-1].Peer = netip.Addr{}
			}
		case r.Code == codeRouteAttribute:
			err = bird.ReadAttribute(&paths[len(paths)-1], r.Text)
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", r.Text, err)
		}
	}
	slices.SortStableFunc(paths, func(a, b bird.Path) int {
		return cmp.Or(a.Prefix.Compare(b.Prefix), cmp.Compare(rank(a), rank(b)))
	})
	return paths, nil
}

// rank puts the best path of a prefix before the others.
func rank(p bird.Path) int {
	if p.Best {
		return 0
	}
	return 1
}

// parsePath reads a path's line. The prefix is left out where the line before was about
// the same one. `from ADDRESS` is there only if the path is not from its gateway.
func parsePath(line string) (bird.Path, error) {
	var path bird.Path
	way, rest, ok := strings.Cut(line, "[")
	source, marks, closed := strings.Cut(rest, "]")
	if !ok || !closed {
		return path, errors.New("no protocol in brackets")
	}
	words := strings.Fields(way)
	if !strings.HasPrefix(way, " ") && len(words) > 0 {
		var err error
		if path.Prefix, err = netip.ParsePrefix(words[0]); err != nil {
			return path, err
		}
		words = words[1:]
	}
	switch kind := strings.Join(words, " "); kind {
	case "unicast": // the next hops follow, a line each
	case "blackhole":
		path.Kind = route.Blackhole
	case "unreachable":
		path.Kind = route.Unreachable
	case "prohibited":
		path.Kind = route.Prohibit
	default:
		return path, fmt.Errorf("unknown kind of path %q", kind)
	}
	from := strings.Fields(source)
	if len(from) == 0 {
		return path, errors.New("no protocol in brackets")
	}
	path.Protocol = from[0]
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

// readNextHop reads where a path leads: `via ADDRESS on INTERFACE` or `dev INTERFACE`.
func readNextHop(path *bird.Path, words []string) error {
	switch {
	case len(words) >= 4 && words[0] == "via" && words[2] == "on":
		via, err := netip.ParseAddr(words[1])
		if err != nil {
			return err
		}
		path.NextHops = append(path.NextHops, route.NextHop{Via: via, Dev: words[3]})
		if !path.Peer.IsValid() {
			path.Peer = via
		}
	case len(words) >= 2 && words[0] == "dev":
		path.NextHops = append(path.NextHops, route.NextHop{Dev: words[1]})
	default:
		return fmt.Errorf("unknown next hop %q", strings.Join(words, " "))
	}
	return nil
}
