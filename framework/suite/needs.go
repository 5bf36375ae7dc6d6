package suite

import (
	"fmt"
	"slices"

	"github.com/onsi/ginkgo/v2"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/topology"
)

// lacks implements gated.
func (l *Lab) lacks(needs []requirement.Need) error {
	for _, need := range needs {
		err := meets(l.running, l.topology, need)
		if err != nil {
			return fmt.Errorf("needs that %s: %w", requirement.AllNeeds()[need], err)
		}
	}
	return nil
}

// meets reports whether a lab meets a need: the error says what it lacks. Of a lab that is
// not up yet (nil) its topology alone is known.
func meets(l lab.Lab, t *topology.Topology, need requirement.Need) error {
	if need == requirement.Clients && len(t.ByRole(topology.Client)) == 0 {
		return fmt.Errorf("%w: topology %s has no client", lab.ErrUnable, t.Name)
	}
	if l == nil {
		return nil
	}
	switch need {
	case requirement.CutLinks:
		return has(lab.LinkCutterOf(l))
	case requirement.CutEnds:
		return has(lab.EndCutterOf(l))
	case requirement.ConfigureRouters:
		return has(lab.RouterControllerOf(l))
	case requirement.ListComponents:
		return has(lab.ComponentListerOf(l))
	case requirement.RestartComponents:
		return has(lab.ComponentControllerOf(l))
	case requirement.RestartCalicoNodes:
		return has(lab.CalicoNodeControllerOf(l))
	case requirement.EnterPods:
		return has(lab.PodEntererOf(l))
	case requirement.Clients:
		return onEach(l, lab.DialerOf, topology.Client)
	case requirement.SendFromNodes:
		return onEach(l, lab.DialerOf, topology.Node, topology.Reflector)
	case requirement.SendFromSwitches:
		return onEach(l, lab.DialerOf, topology.Leaf, topology.Spine)
	case requirement.ChangeInterfaces, requirement.CaptureOnNodes:
		return onEach(l, lab.NamespaceOf, topology.Node, topology.Reflector)
	case requirement.CaptureOnSwitches:
		return onEach(l, lab.NamespaceOf, topology.Leaf, topology.Spine)
	case requirement.Calicoctl:
		return has(lab.AdministrableOf(l))
	case requirement.CalicoBIRD:
		if !l.CalicoBIRD() {
			return fmt.Errorf("%w: they run a stock BIRD, for which their kernel filter is adapted: run `rackproof components bird`, or give -%s", lab.ErrUnable, birdFlag)
		}
		return nil
	}
	return fmt.Errorf("no lab is known to meet the need %q", need)
}

// has drops the capability.
func has[T any](_ T, err error) error { return err }

// onEach reports whether all hosts of some roles have a capability.
func onEach[T any](l lab.Lab, find func(lab.Host) (T, error), roles ...topology.Role) error {
	for _, entry := range l.Topology().Hosts {
		if !slices.Contains(roles, entry.Role) {
			continue
		}
		host, err := l.Host(entry.Name)
		if err == nil {
			_, err = find(host)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// UseAt is requirement.Using at a host: nodes, switches and clients have needs of their own.
func (l *Lab) UseAt(host string, node, fabric requirement.Need) {
	ginkgo.GinkgoHelper()
	switch l.Node(host).Role {
	case topology.Node, topology.Reflector:
		requirement.Using(node)
	case topology.Client:
		requirement.Using(requirement.Clients)
	default:
		requirement.Using(fabric)
	}
}

// From is a host that sends.
func (l *Lab) From(name string) lab.Host {
	ginkgo.GinkgoHelper()
	l.UseAt(name, requirement.SendFromNodes, requirement.SendFromSwitches)
	return l.At(name)
}
