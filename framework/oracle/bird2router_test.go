package oracle_test

import (
	"testing"

	"github.com/rackproof/rackproof/framework/router/bird2"
)

// BIRD 2 as a leaf that reflects does what FRR does, and its kernel routes have a metric
// of their own.
func TestBIRD2ReflectsAsFRRDoes(t *testing.T) {
	state := leavesOf(bird2.Name, cluster(t, "leaf-spine", "leafreflector"))
	agreePaths(t, "worker", paths(t, state, "worker").To(controlPlaneBlock, workerBlock, worker2Block), `
		10.244.10.0/26 from 10.1.5.1 next hop 10.1.5.10 AS path [] originator 10.1.5.10 clusters [10.1.5.1]
		10.244.12.0/26 from 10.1.5.1 next hop 10.1.5.1 AS path [500 65008]`)
	agree(t, "leaf0", tables(t, state)["leaf0"].Within(workerBlock, worker2Block), `
		10.244.11.0/26 via 10.1.5.11 dev eth3 proto bird metric 32
		10.244.12.0/26 proto bird metric 32 nexthop via 10.1.10.2 dev eth1 nexthop via 10.1.12.2 dev eth2`)
}

// Without next-hop-self BIRD 2 keeps an external path's next hop within its AS.
func TestBIRD2WithoutNextHopSelf(t *testing.T) {
	state := leavesOf(bird2.Name, cluster(t, "leaf-spine", "leafreflector"))
	neighbor(t, state, "leaf0", "worker").NextHopSelf = false
	agreePaths(t, "worker", paths(t, state, "worker").To(worker2Block), `
		10.244.12.0/26 from 10.1.5.1 next hop 10.1.10.2 AS path [500 65008]`)
}
