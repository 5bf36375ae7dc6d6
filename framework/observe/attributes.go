package observe

import (
	"fmt"
	"strings"

	"github.com/vishvananda/netlink"
)

// otherAttributes are those of a route that have no field of their own in route.Route, in
// iproute2's words (ip-route(8)). No program of a lab sets any.
func otherAttributes(r netlink.Route) string {
	var words []string
	number := func(word string, value int) {
		if value != 0 {
			words = append(words, fmt.Sprintf("%s %d", word, value))
		}
	}
	flag := func(word string, set bool) {
		if set {
			words = append(words, word)
		}
	}
	if r.Tos != 0 {
		words = append(words, fmt.Sprintf("tos %#x", r.Tos))
	}
	number("realm", r.Realm)
	flag("lock mtu", r.MTULock)
	number("window", r.Window)
	number("rtt", r.Rtt)
	number("rttvar", r.RttVar)
	number("ssthresh", r.Ssthresh)
	number("cwnd", r.Cwnd)
	number("advmss", r.AdvMSS)
	number("reordering", r.Reordering)
	number("hoplimit", r.Hoplimit)
	number("initcwnd", r.InitCwnd)
	number("features", r.Features)
	number("rto_min", r.RtoMin)
	flag("lock rto_min", r.RtoMinLock)
	number("initrwnd", r.InitRwnd)
	number("quickack", r.QuickACK)
	number("fastopen_no_cookie", r.FastOpenNoCookie)
	if r.Congctl != "" {
		words = append(words, "congctl "+r.Congctl)
	}
	words = append(words, headers(r.Encap, r.Via)...)
	for _, hop := range r.MultiPath {
		words = append(words, headers(hop.Encap, hop.Via)...)
	}
	return strings.Join(words, " ")
}

// headers are what a next hop adds to packets, and a neighbour of another family.
func headers(encap netlink.Encap, via netlink.Destination) []string {
	var words []string
	if encap != nil {
		words = append(words, fmt.Sprintf("encap %s", encap))
	}
	if via != nil {
		words = append(words, fmt.Sprintf("via %s", via))
	}
	return words
}
