package oracle_test

import (
	"net/netip"
	"slices"
	"testing"
)

func TestBlocksOfNodes(t *testing.T) {
	state := cluster(t, "single-rack", "fullmesh")
	more := netip.MustParsePrefix("10.244.99.0/26")
	n := node(t, state, "worker2")
	n.Blocks = append(n.Blocks, more)
	if got, want := state.Blocks("worker2", "control-plane"), []netip.Prefix{controlPlaneBlock, worker2Block, more}; !slices.Equal(got, want) {
		t.Errorf("blocks %v, want %v", got, want)
	}
	if got := state.Blocks("nobody"); len(got) != 0 {
		t.Errorf("blocks %v of nobody", got)
	}
}
