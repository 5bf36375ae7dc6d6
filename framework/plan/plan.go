package plan

import (
	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/snapshot"
	"github.com/rackproof/rackproof/framework/topology"
)

// Plan is a design with what it does.
type Plan struct {
	State oracle.State
	// View has the sessions, tables and paths of all hosts.
	View snapshot.View
	// Absent are the ends of sessions that do not come up.
	Absent []oracle.Absent
	// Faults are those for which no lab of the design is brought up, such as a session that
	// one end alone is configured for.
	Faults []Finding

	mode *calico.Mode
}

// Mode is the design's.
func (p *Plan) Mode() *calico.Mode { return p.mode }

// Of plans a design. software is what routers can run. The error joins the faults of a design
// for which nothing can be computed, each with file and line where they are known.
func Of(t *topology.Topology, m *calico.Mode, software map[topology.Software]bgp.Software) (*Plan, error) {
	fault := oracle.CheckDesign(t, m, software)
	state, err := State(t, m, software)
	p := &Plan{State: state, Faults: findings(ruleDesign, fault), mode: m}
	if err == nil {
		p.View, err = snapshot.Expected(state)
	}
	if err == nil {
		p.Absent, err = state.Absent()
	}
	if err != nil && fault != nil {
		return nil, fault
	}
	return p, err
}
