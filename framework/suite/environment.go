package suite

import (
	"fmt"
	"strings"

	"github.com/onsi/ginkgo/v2/types"
	"golang.org/x/sys/unix"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/standin"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/reports"
)

// environment says where the suite has run: the kernel, and of each lab that it has
// used the mode, the topology, who programs the routes between nodes, and the stand-ins
// on which the verdicts of its specs rest (docs/differences.md). It is part of the
// results.
func (s *Suite) environment(specs types.SpecReports) []string {
	ids := verdictsOf(specs)
	list := []string{"kernel: " + s.kernel()}
	for _, l := range s.labs {
		if l.calicoVersion != "" {
			list = append(list, reports.Place{
				Provider: l.provider.Name(), Mode: l.mode.Name, Topology: l.topology.Name, Owner: string(l.mode.RouteOwner), Calico: l.calicoVersion, BIRD: l.birdName(),
			}.String())
			made := standin.Lab{Own: l.provider.StandIns(), Topology: l.topology, Mode: l.mode, StockBIRD: !l.calicoBIRD, UML: s.options.providers.Inside()}
			names := standin.RestsOn(made, ids...)
			if adapted := standin.RestOnTemplate(made, ids...); len(adapted) > 0 {
				list = append(list, fmt.Sprintf("mode %s: the kernel filter of Calico's bird_ipam.cfg.template is adapted to stock BIRD, which leaves the pools' routes to Felix; these rest on it: %s", l.mode.Name, strings.Join(adapted, ", ")))
			}
			list = append(list, l.unseen()...)
			if _, err := lab.LogFollowerOf(l.Lab); err != nil {
				list = append(list, fmt.Sprintf("mode %s: no log is watched, since provider %s does not tell what is new in one", l.mode.Name, l.provider.Name()))
			}
			if len(names) > 0 {
				list = append(list, fmt.Sprintf("mode %s rests on: %s", l.mode.Name, strings.Join(names, ", ")))
			}
		}
	}
	return list
}

// birdName says which BIRD the lab's nodes run.
func (l *Lab) birdName() string {
	if l.mode.Flannel != nil {
		return "no BIRD"
	}
	if l.calicoBIRD {
		return "its own BIRD and templates"
	}
	return "a stock BIRD"
}

// unseen names the hosts whose running configuration cannot be compared with their files: what
// the invariants birdRunsItsFiles and routersRunTheirFiles do not look at.
func (l *Lab) unseen() []string {
	var hosts []string
	for _, host := range l.topology.Hosts {
		at, err := l.Host(host.Name)
		if err != nil || host.Role == topology.Client {
			continue
		}
		_, err = lab.DialerOf(at)
		if host.Role.RunsCalico() && err == nil {
			_, err = lab.FileReaderOf(at)
		}
		if err != nil {
			hosts = append(hosts, host.Name)
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("mode %s: what runs is not compared with its files on %s", l.mode.Name, strings.Join(hosts, ", "))}
}

// verdictsOf are the ids of the requirements that have been proven or not: those of specs
// that have run.
func verdictsOf(specs types.SpecReports) []string {
	var ids []string
	for _, spec := range specs {
		if id := requirement.ID(spec.Labels()); id != "" && !spec.State.Is(types.SpecStateSkipped|types.SpecStatePending) {
			ids = append(ids, id)
		}
	}
	return ids
}

// kernel names the kernel of the suite's labs.
func (s *Suite) kernel() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "unknown"
	}
	text := "Linux " + unix.ByteSliceToString(name.Release[:])
	if s.options.providers.Inside() {
		text += " in User-Mode Linux"
	}
	return text
}
