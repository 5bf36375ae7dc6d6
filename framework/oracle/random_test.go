package oracle_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/diff"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/oracle/random"
)

// randomStates is how many states `go test` tries; FuzzStates tries others.
const randomStates = 200

// livingStates is how many of those are tried that a living lab can take.
const livingStates = 60

// Whatever the resources are, the oracle comes to rest or says why it does not.
func TestRandomStates(t *testing.T) {
	settled := 0
	for seed := range uint64(randomStates) {
		if tryState(t, seed) {
			settled++
		}
	}
	// Else the states would prove nothing.
	if settled < randomStates/3 || settled > randomStates*9/10 {
		t.Errorf("of %d random states %d come to rest, which should be some and not all", randomStates, settled)
	}
}

// FuzzStates looks for states that send the oracle astray.
func FuzzStates(f *testing.F) {
	f.Add(uint64(randomStates))
	f.Fuzz(func(t *testing.T, seed uint64) { tryState(t, seed) })
}

// tryState computes a random state, and again with its parts in another order: there
// must be no difference. It reports whether the state comes to rest.
func tryState(t *testing.T, seed uint64) bool {
	t.Helper()
	state := randomState(t, seed)
	got, err := state.Tables()
	_, sessionsErr := state.Sessions()
	_, pathsErr := state.Paths()
	if (err == nil) != (sessionsErr == nil) || (err == nil) != (pathsErr == nil) {
		t.Errorf("seed %d: errors for tables %v, sessions %v, paths %v: all or none", seed, err, sessionsErr, pathsErr)
	}
	if err != nil && !strings.HasPrefix(err.Error(), "oracle: ") {
		t.Errorf("seed %d: error %v does not say whose it is", seed, err)
	}
	for host, table := range got {
		for _, r := range table {
			for _, hop := range r.NextHops {
				if hop.Via.IsValid() && !isNeighbor(state, host, hop, r.Origin) {
					t.Errorf("seed %d: %s: %s: no neighbour has %s on %s", seed, host, r, hop.Via, hop.Dev)
				}
			}
		}
	}
	slices.Reverse(state.Nodes)
	slices.Reverse(state.Routers)
	slices.Reverse(state.Services)
	slices.Reverse(state.Resources.BGPPeers)
	slices.Reverse(state.Resources.IPPools)
	again, againErr := state.Tables()
	if d := diff.Compare(got, again); len(d) > 0 || (err == nil) != (againErr == nil) {
		t.Errorf("seed %d: in another order: error %v, was %v\n%s", seed, againErr, err, d)
	}
	return err == nil
}

// randomState is a mode on its topology with a few things changed.
func randomState(t *testing.T, seed uint64) oracle.State {
	t.Helper()
	chosen := append(slices.Concat(modes(), tunnelModes(), tunnelModes()), topologyAndMode{"single-rack", "fullmesh"}, topologyAndMode{"leaf-spine", "fullmesh"}, topologyAndMode{"leaf-spine", "leafreflector"})
	design := chosen[rand.New(rand.NewPCG(seed, 2)).IntN(len(chosen))]
	state := cluster(t, design.topology, design.mode)
	for _, change := range random.Changes(seed, random.Anything) {
		change.Apply(&state)
	}
	return state
}

// A clone shares nothing that a change changes.
func TestClone(t *testing.T) {
	state, untouched := cluster(t, "leaf-spine", "serviceips"), cluster(t, "leaf-spine", "serviceips")
	for seed := range uint64(randomStates) {
		clone := state.Clone()
		for _, change := range random.Changes(seed, random.Anything) {
			change.Apply(&clone)
		}
		if !reflect.DeepEqual(state.Nodes, untouched.Nodes) || !reflect.DeepEqual(state.Resources, untouched.Resources) || !reflect.DeepEqual(state.Routers, untouched.Routers) {
			t.Fatalf("seed %d: a change of the clone changed the first", seed)
		}
	}
}

// A seed gives a living lab the same state each time, and no program starts again for it.
func TestLivingChanges(t *testing.T) {
	at, settled := cluster(t, "leaf-spine", "leafreflector"), 0
	for seed := range uint64(livingStates) {
		first, second := at.Clone(), at.Clone()
		for _, state := range []*oracle.State{&first, &second} {
			for _, change := range random.Changes(seed, random.Living) {
				change.Apply(state)
			}
		}
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("seed %d gives two states", seed)
		}
		for i, r := range first.Routers {
			if r.Software != at.Routers[i].Software || r.AS != at.Routers[i].AS {
				t.Errorf("seed %d: router %s runs %s in AS %d", seed, r.Host, r.Software, r.AS)
			}
		}
		if _, err := first.Tables(); err == nil {
			settled++
		}
	}
	if settled < livingStates/3 {
		t.Errorf("of %d states %d come to rest: too few to try on a lab", livingStates, settled)
	}
}
