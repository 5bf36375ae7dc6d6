// Package random makes random states of the oracle: a design with a few things changed,
// repeatable by a seed. The oracle's own tests try them all, and living labs (package fuzz)
// those that a lab can take while it runs. It is pure.
package random

import (
	"math/rand/v2"

	"github.com/rackproof/rackproof/framework/oracle"
)

// Kind says what the changes of a state may be.
type Kind int

// The kinds of changes.
const (
	// Anything is all that the oracle can be asked, also what no lab can be made to do.
	Anything Kind = iota
	// Living is what a lab can take without a program's start.
	Living
)

// mostChanges is how many changes a state has at most.
const mostChanges = 6

// Change is one random change of a state. Its choices depend on its own seed and on the
// state that it changes, so that it can be made without those before it.
type Change struct {
	// Name says what is changed.
	Name string
	seed uint64
	kind Kind
	make func(generator, *oracle.State)
}

// Changes are the changes of the state of a seed. The same seed gives the same ones.
func Changes(seed uint64, kind Kind) []Change {
	g := generator{Rand: rand.New(rand.NewPCG(seed, 0)), kind: kind}
	choices := everything()
	if kind == Living {
		choices = living()
	}
	changes := make([]Change, 1+g.IntN(mostChanges))
	for i := range changes {
		changes[i] = choices[g.IntN(len(choices))]
		changes[i].seed, changes[i].kind = g.Uint64(), kind
	}
	return changes
}

// Apply changes a state. It changes labels, lists and resources in place: clone a state
// that is to stay.
func (c Change) Apply(s *oracle.State) {
	c.make(generator{Rand: rand.New(rand.NewPCG(c.seed, 1)), kind: c.kind}, s)
}

// living are the changes that a lab can take, by how often they are chosen.
func living() []Change {
	return []Change{
		{Name: "label", make: generator.label}, {Name: "label", make: generator.label},
		{Name: "reflector", make: generator.cluster}, {Name: "node AS", make: generator.as},
		{Name: "peer", make: generator.peer}, {Name: "peer", make: generator.peer},
		{Name: "peer option", make: generator.peerOption}, {Name: "peer option", make: generator.peerOption},
		{Name: "filter", make: generator.filter}, {Name: "filter", make: generator.filter},
		{Name: "configuration", make: generator.configuration}, {Name: "communities", make: generator.communities},
		{Name: "pool", make: generator.pool}, {Name: "service", make: generator.service}, {Name: "service", make: generator.service},
		{Name: "cut link", make: generator.cut}, {Name: "router", make: generator.router}, {Name: "router", make: generator.router},
	}
}

// everything adds what no living lab can be made to do.
func everything() []Change {
	return append(living(),
		Change{Name: "node gone", make: generator.goneNode}, Change{Name: "workload", make: generator.workload},
		Change{Name: "tunnel", make: generator.tunnel}, Change{Name: "tunnel", make: generator.tunnel},
		Change{Name: "encapsulation", make: generator.encapsulation})
}

// generator makes choices.
type generator struct {
	*rand.Rand
	kind Kind
}

// pick is one of some values.
func pick[T any](g generator, values ...T) T { return values[g.IntN(len(values))] }
