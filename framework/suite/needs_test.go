package suite

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/topology"
)

// bareLab is a lab that shows its sessions at the best: it cuts no links, enters no pods,
// and none of its hosts does anything.
type bareLab struct {
	lab.Lab
	topology *topology.Topology
	host     lab.Host
}

func (bareLab) Name() string                    { return "bare" }
func (bareLab) CalicoBIRD() bool                { return false }
func (bareLab) Provider() string                { return "testbed" }
func (b bareLab) Topology() *topology.Topology  { return b.topology }
func (b bareLab) Host(string) (lab.Host, error) { return b.host, nil }

// bareHost can be read by BGP alone.
type bareHost struct{}

func (bareHost) Name() string { return "leaf0" }
func (bareHost) Lab() string  { return "bare" }

// ableLab and ableHost lack nothing.
type ableLab struct {
	bareLab
	lab.PodEnterer
	lab.LinkCutter
	lab.EndCutter
	lab.RouterController
	lab.ComponentController
	lab.CalicoNodeController
	lab.Administrable
}

func (ableLab) CalicoBIRD() bool { return true }

type ableHost struct {
	lab.Host
	lab.Dialer
	lab.Namespace
}

func TestMeets(t *testing.T) {
	top, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	bare := bareLab{topology: top, host: bareHost{}}
	able := ableLab{bareLab: bareLab{topology: top, host: ableHost{}}}
	for need := range requirement.AllNeeds() {
		if err := meets(bare, top, need); !errors.Is(err, lab.ErrUnable) {
			t.Errorf("a lab that lacks everything meets %s: %v", need, err)
		}
		if err := meets(able, top, need); err != nil {
			t.Errorf("a lab that lacks nothing does not meet %s: %v", need, err)
		}
	}
}

func TestLacksKnowsTheDesignBeforeTheLabIsUp(t *testing.T) {
	l := &Lab{topology: &topology.Topology{Name: "alone"}}
	needs := slices.Collect(func(yield func(requirement.Need) bool) {
		for need := range requirement.AllNeeds() {
			if need != requirement.Clients && !yield(need) {
				return
			}
		}
	})
	if err := l.lacks(needs); err != nil {
		t.Error(err)
	}
	err := l.lacks([]requirement.Need{requirement.Clients})
	if !errors.Is(err, lab.ErrUnable) || !strings.Contains(err.Error(), "needs that the design has a client") {
		t.Errorf("got %v", err)
	}
}
