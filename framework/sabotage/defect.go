package sabotage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rackproof/rackproof/framework/oracle"
)

// Kind groups defects by what they spoil.
type Kind string

// The kinds of defect, in the order in which they are put in.
const (
	Session  Kind = "session"
	Policy   Kind = "policy"
	Table    Kind = "table"
	Tunnel   Kind = "tunnel"
	Service  Kind = "service"
	Program  Kind = "program"
	Datapath Kind = "datapath"
	Address  Kind = "address"
	Flannel  Kind = "flannel"
)

// Defect is one way to spoil a lab.
type Defect struct {
	// ID begins with the kind, such as table-blackhole. It keeps its meaning permanently.
	ID   string
	Kind Kind
	// The defect in one line.
	What string
	// Red are labels or ids of requirements; a|b is a choice. The defect has to kill a
	// requirement of each, where the lab's specs have one.
	Red []string
	// Green are labels or ids of requirements that the defect must not kill. A label leaves out
	// specs that change the lab themselves, and those that send where packets are spoiled.
	Green []string
	// Aim finds the defect's target in a lab, without a change. It returns NoTarget where the
	// design has none.
	Aim func(*Bench) (Spoiling, error)
}

// Spoiling is a defect with its target in one lab.
type Spoiling struct {
	// Target names what is spoiled.
	Target string
	// Put changes the lab, and Undo takes that back, also what a failed Put has done.
	Put, Undo func(context.Context) error
	// Present observes the defect's effect; an error says what is seen instead.
	Present func(context.Context) error
	// Met reports whether a packet has met a defect that shows in packets alone; nil for others.
	Met func(context.Context) (bool, error)
	// Design corrects a state that was read from the spoiled lab to what the design says; nil
	// for a defect that changes no state.
	Design func(*oracle.State)
}

// ErrNoTarget is in the error of a defect that does not apply to a lab.
var ErrNoTarget = errors.New("no target")

// NoTarget is the error of a defect that does not apply to a lab.
func NoTarget(format string, arguments ...any) error {
	return fmt.Errorf("%w: %s", ErrNoTarget, fmt.Sprintf(format, arguments...))
}

// All returns all defects, kind by kind.
func All() []Defect {
	all := slices.Concat(sessions(), policies(), tables(), tunnels(), services(), programs(), datapaths(), addresses(), flannels())
	for i := range all {
		switch all[i].Kind {
		case Session, Program, Address:
			all[i].Aim = withBGP(waking(all[i].Aim))
		case Policy, Service:
			all[i].Aim = withBGP(all[i].Aim)
		}
	}
	return all
}

// Canary is a defect that every suite's specs have to see: a run in which none of them dies
// of it could not see a failure.
func Canary() Defect {
	return Defect{
		ID: "canary", Kind: Program, What: "BIRD is stopped on a node, or a node without BIRD does not forward", Red: nil,
		Aim: func(b *Bench) (Spoiling, error) {
			if b.State.WithoutBGP() {
				return b.setting(b.lastNode(), "net.ipv4.ip_forward", "0")
			}
			return b.stopped(b.lastNode(), birdComponent)
		},
	}
}

// withBGP leaves out labs whose nodes have no BGP.
func withBGP(aim func(*Bench) (Spoiling, error)) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		if b.State.WithoutBGP() {
			return Spoiling{}, NoTarget("the nodes have no BGP")
		}
		return aim(b)
	}
}

// Choose finds defects by their ids, in the order of All; the word all stands for every one.
func Choose(ids []string) ([]Defect, error) {
	all := All()
	if slices.Equal(ids, []string{AllDefects}) {
		return all, nil
	}
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(d Defect) bool { return d.ID == id }) {
			return nil, fmt.Errorf("there is no defect %q: use %s or some of %v", id, AllDefects, IDs(all))
		}
	}
	return slices.DeleteFunc(all, func(d Defect) bool { return !slices.Contains(ids, d.ID) }), nil
}

// AllDefects is the word for all defects.
const AllDefects = "all"

// IDs are the defects' ids.
func IDs(defects []Defect) []string {
	ids := make([]string, 0, len(defects))
	for _, d := range defects {
		ids = append(ids, d.ID)
	}
	return ids
}
