// Package oracle computes what must be: from a topology, the Calico resources and the
// cluster's state, the BGP sessions and the routing table of every host, exactly. Any
// difference in a lab is a failure.
//
// Routes between nodes are BIRD's, or in pools with encapsulation Felix's (felix.go),
// which BIRD in turn learns from the kernel. Where the pod network is flannel's they are
// flannel's (flannel.go), and nodes have no BGP.
//
// It knows no modes. It configures BGP speakers as Calico's confd does for nodes
// (peering.go, after confd's bird*.cfg templates of v3.31.0) and as the fabric's
// plan says for routers, lets them exchange routes until nothing changes
// (package bgp), and reads their tables (fib.go). Package router/bird/behaviour has
// BIRD 1.6 as nodes run it. The behaviour of a router's software lies in its folder
// below framework/router and comes with the state (State.Software). A multihop session
// comes up when the tables carry packets between its ends both ways, so sessions and
// tables are computed in turn, beginning with no session up, as in a lab that starts.
//
// The oracle gives the state in which a fabric comes to rest. It does not know
// what is kept on the way there: graceful restart, hold timers, and FRR's
// preference for the older of two equal eBGP paths, which routers are to switch
// off (`bgp bestpath compare-routerid`). State.Undecided names where the order matters in
// which equal paths of one neighbour arrived.
//
// Where Calico v3.31.0 is known not to do what it promises, the oracle has the
// promise (service.go, announcements); the specs concerned have the verdict
// known-issue. One thing it has as it is: a node tells others of the routes that Felix
// has made by its own interface (projectcalico/calico#13533) and through tunl0 (#13470).
// That it should not are requirements of their own; the tables of other hosts follow
// from it.
//
// The package is pure: it knows no kernels, no labs and no tests. It refuses
// unsupported states with an error (IPIP routes by stock BIRD, several encapsulations at
// once, pods that speak BGP), for a wrong expectation is worse than none.
package oracle
