// Package catalogue has everything about a requirement that its spec does not say: a
// title, the promises that it proves with their sources, the versions of Calico, and the
// profile. The id, the sentence with MUST and the needs stand in the spec alone. One file
// per suite has its entries. The package is data, and knows neither specs nor labs.
package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// Entry is one requirement.
type Entry struct {
	ID string `json:"id" yaml:"id"`
	// Suite is the name of the only suite that proves it.
	Suite string `json:"suite" yaml:"suite"`
	// Title has a few words, for tables.
	Title string `json:"title" yaml:"title"`
	// Group is the letter of the first promise.
	Group string `json:"group" yaml:"group"`
	// Promises are the ids of all promises that the requirement proves, at least in part.
	Promises []string `json:"promises" yaml:"promises"`
	// Sources are the requirement's own sources, and then those of its promises.
	Sources []Source `json:"sources" yaml:"sources"`
	// Since is the first version of Calico that makes the promise, empty for every version
	// that labs run. Until is the first version that no longer makes it.
	Since   string  `json:"since,omitempty" yaml:"since,omitempty"`
	Until   string  `json:"until,omitempty" yaml:"until,omitempty"`
	Profile Profile `json:"profile" yaml:"profile"`
	// Where says which labs alone make the promise, as "Felix owns the routes"; in others the
	// suite does not declare the spec. It is empty for every lab of the suite.
	Where string `json:"where,omitempty" yaml:"where,omitempty"`
}

// String is the entry for people.
func (e Entry) String() string {
	return fmt.Sprintf("%s: %s (%s, proves %s)", e.ID, e.Title, e.Profile, strings.Join(e.Promises, ", "))
}

// Profile says who relies on a requirement.
type Profile string

// The profiles.
const (
	// Core is a requirement that every user of the mode relies on, and that every lab can
	// test with the programs that its machine's distribution has.
	Core Profile = "core"
	// Extended is a requirement of an option or a change that a design can do without.
	Extended Profile = "extended"
)

// ProfileMeaning is a profile with a sentence for people.
type ProfileMeaning struct {
	Profile Profile `json:"profile" yaml:"profile"`
	Meaning string  `json:"meaning" yaml:"meaning"`
}

// Profiles are all profiles.
func Profiles() []ProfileMeaning {
	return []ProfileMeaning{
		{Core, "Every user of the mode relies on it: sessions, routes, exports, reachability, packets, and the loss of a link, a switch or a program. Every lab can test it with its distribution's programs."},
		{Extended, "An option or a change that a design can do without: filters, passwords, communities, borrowed addresses, another mode, the program that makes a route."},
	}
}

// Group is a subject that promises belong to.
type Group struct {
	Letter string `json:"letter" yaml:"letter"`
	Name   string `json:"name" yaml:"name"`
}

// Groups are all groups. The letters from A to K are those of Calico's promises.
func Groups() []Group {
	return []Group{
		{"A", "node-to-node mesh"},
		{"B", "IPIP between all nodes"},
		{"C", "encapsulation between subnets only"},
		{"D", "no encapsulation, and VXLAN"},
		{"E", "route reflectors in the cluster"},
		{"F", "peering with leaves and top-of-rack switches"},
		{"G", "service addresses"},
		{"H", "BGPFilter"},
		{"I", "IP pools and nodes"},
		{"K", "restarts and failures"},
		{"L", "flannel, with Calico for policies (Canal)"},
		{"M", "calicoctl and other programs of an administrator"},
		{"N", "reachability"},
		{"R", "the routed fabric"},
		{"T", "test labs"},
	}
}

// Withdrawn is an id that no spec may use again, because reports of older versions have it.
type Withdrawn struct {
	ID     string `json:"id" yaml:"id"`
	Reason string `json:"reason" yaml:"reason"`
}

// WithdrawnIDs are all ids that once named a requirement.
func WithdrawnIDs() []Withdrawn {
	const oneProbe = "it forbade the loss of one probe, which BIRD may cost when it replaces a route; two in a row are forbidden by "
	return []Withdrawn{
		{"IPIP-011", "without leaf peering no switch is a next hop, and IPIP-010 has the gateways; IPIP-081 asks where the leaf offers itself"},
		{"IPIP-083", "one connection to a pod does not tell a dead path from a lucky one; IPIP-085 opens many"},
		{"LOC-021", "with calico#13246 a node announces before the endpoint is ready, so it could not fail; LOC-020 and LOC-006 have its parts"},
		{"LOC-053", "kube-proxy on a node of the rack takes any endpoint, so the sentence is true of the leaf alone; LOC-054 says so"},
		{"NRR-040", oneProbe + "NRR-045"},
		{"NRR-041", oneProbe + "NRR-046"},
		{"NRR-042", oneProbe + "NRR-047"},
		{"NRR-050", oneProbe + "NRR-052"},
		{"NRR-051", oneProbe + "NRR-053"},
		{"RRR-040", oneProbe + "RRR-044"},
		{"RRR-041", oneProbe + "RRR-045"},
		{"RRR-043", oneProbe + "RRR-046"},
		{"RRR-053", "RRR-051 compares the AS path with the oracle and has the promise in its own sentence"},
	}
}

// All returns the entries of all suites, ordered by suite and id, with their groups and sources
// filled in.
func All() []Entry {
	var all []Entry
	promises := Promises()
	for _, suite := range suites() {
		for _, entry := range suite.entries {
			entry.Suite = suite.name
			all = append(all, entry.complete(promises))
		}
	}
	return all
}

// Of finds the entry of a requirement.
func Of(id string) (Entry, bool) {
	for _, suite := range suites() {
		for _, entry := range suite.entries {
			if entry.ID == id {
				entry.Suite = suite.name
				return entry.complete(Promises()), true
			}
		}
	}
	return Entry{}, false
}

// complete adds everything that follows from the promises.
func (e Entry) complete(promises []Promise) Entry {
	e.Sources = slices.Clone(e.Sources)
	for _, id := range e.Promises {
		i := slices.IndexFunc(promises, func(p Promise) bool { return p.ID == id })
		if i < 0 {
			continue // the tests refuse it
		}
		for _, source := range promises[i].Sources {
			if !slices.Contains(e.Sources, source) {
				e.Sources = append(e.Sources, source)
			}
		}
	}
	if len(e.Promises) > 0 {
		e.Group = Promise{ID: e.Promises[0]}.Group()
	}
	return e
}

// suiteEntries are the entries of one suite.
type suiteEntries struct {
	name    string
	entries []Entry
}

func suites() []suiteEntries {
	return []suiteEntries{
		{"agreement", agreement()},
		{"calicoctl", calicoctl()},
		{"caliconode", caliconode()},
		{"caliconode-ipip", caliconodeIPIP()},
		{"canal", canal()},
		{"crosssubnet", crosssubnet()},
		{"fullmesh", fullmesh()},
		{"ipip", ipip()},
		{"leafreflector", leafreflector()},
		{"localpolicy", localpolicy()},
		{"modeswitch", modeswitch()},
		{"modeswitch-ipip", modeswitchIPIP()},
		{"nodereflector", nodereflector()},
		{"rackreflector", rackreflector()},
		{"serviceips", serviceips()},
		{"tor", tor()},
		{"vxlan", vxlan()},
	}
}
