package requirement

import (
	"fmt"
	"slices"
	"strings"
)

// Issue is a defect of Calico that its maintainers know and that makes a promise
// fail on the version that labs run.
type Issue struct {
	// Number is the issue or the pull request, as GitHub writes references to it.
	Number string
	// Summary is what Calico does instead of what it promises.
	Summary string
	// Affects are the versions that have the defect.
	Affects string
	// FixedIn are the first versions without it, one for each release line that has such a
	// version, in order. Release lines after the last one never had it. It is empty while there
	// is none.
	FixedIn []string
	// Note says why the number is not that of an issue; empty for an issue's.
	Note string
}

// Issues are all that a spec may be marked with, in the order of their numbers.
// docs/known-issues.md is generated from them: go test ./docs -update.
func Issues() []Issue {
	return []Issue{
		{
			Number:  "projectcalico/calico#1515",
			Summary: "BIRD takes no next hop that it reaches by a BGP route. Where leaves tell nodes of other racks' networks, it does not find the node that owns a remote block, and the block is unreachable",
			Affects: "all versions so far, where BIRD programs the routes",
		},
		{
			// OnUpdates in confd/pkg/backends/calico/client.go takes the ranges from a cache into
			// which the variable's was never put.
			Number:  "projectcalico/calico#2916",
			Summary: "CALICO_ADVERTISE_CLUSTER_IPS in calico-node's environment has no effect: confd takes its range back as soon as it has read the node's labels or the BGPConfiguration",
			Affects: "v3.31.0, as far as looked at",
			Note:    "no issue is known; the number is that of the pull request that documents the variable, and that it goes before serviceClusterIPs",
		},
		{
			// #7901 is the same with IPIP. A BGPFilter that rejects the source RemotePeers on
			// export prevents it.
			Number: "projectcalico/calico#3810",
			Summary: "beside the mesh a node tells its external peers of all other nodes' blocks too. A client's packets come in by any node, " +
				"the answers leave by the pod's own, and kube-proxy drops what it takes for invalid: most connections hang",
			Affects: "all versions so far",
			Note:    "closed: maintainers do not consider it a defect",
		},
		{
			// The pull request made global peers passive that are nodes; those of selectors are not.
			Number:  "projectcalico/calico#5625",
			Summary: "two nodes that peer by the selectors of a BGPPeer both connect. Each takes the other's connection for a graceful restart and closes its own, again and again: after both were reset at once their session may take half a minute and longer to come up",
			Affects: "v3.31.0, as far as looked at",
			Note:    "no issue is known that names selectors; the number is that of the pull request that made global peers passive",
		},
		{
			Number:  "projectcalico/calico#9152",
			Summary: "a node that announces a single address of a service has a blackhole route for it, so what runs on the node itself does not reach the service",
			Affects: "all versions so far",
		},
		{
			// bird_aggr's filter rejects what lies within an own block before the pool is accepted.
			Number:  "projectcalico/calico#9500",
			Summary: "a route reflector does not reflect the route to an address of a block of its own that is on another node, so that without a second reflector the other nodes send packets for it to the reflector, and their TCP connections are not answered",
			Affects: "v3.31.0, as far as looked at",
			Note:    "the number is that of a report about borrowed addresses; no issue is known that names the reflector",
		},
		{
			// A deleted EndpointSlice is looked up by its own name, and not its service's.
			Number:  "projectcalico/calico#10715",
			Summary: "a service whose EndpointSlice is deleted, and not updated, is announced as before",
			Affects: "v3.31.0 and later, as far as looked at",
			Note:    "no issue is known; the number is that of the pull request that brought the defect",
		},
		{
			Number:  "projectcalico/calico#10945",
			Summary: "a single address in serviceExternalIPs is not announced for a service of type ClusterIP",
			Affects: "v3.30.0 to v3.31.0",
			FixedIn: []string{"v3.31.1"},
		},
		{
			Number:  "projectcalico/calico#11502",
			Summary: "an update of one EndpointSlice of a service withdraws the address that the node announces because of another slice",
			Affects: "up to v3.31.3",
			FixedIn: []string{"v3.31.4"},
		},
		{
			Number:  "projectcalico/calico#11917",
			Summary: "a single address in serviceLoadBalancerIPs is not announced for a service that was allotted it, and so has it in its status alone",
			Affects: "up to v3.31.4",
			FixedIn: []string{"v3.31.5"},
		},
		{
			Number:  "projectcalico/calico#12767",
			Summary: "with natOutgoing pods keep their own address towards every IP pool, also towards one that gives addresses to services alone",
			Affects: "up to v3.31.5, and v3.32.0",
			FixedIn: []string{"v3.31.6", "v3.32.1"},
		},
		{
			Number:  "projectcalico/calico#12943",
			Summary: "Felix leaves a route of its own alone that another program has changed in place; only one that is missing comes back",
			Affects: "v3.29.0 to v3.31.6, and v3.32.0",
			FixedIn: []string{"v3.31.7", "v3.32.1"},
			Note:    "no issue is known; the number is that of the pull request that mends it",
		},
		{
			Number:  "projectcalico/calico#13246",
			Summary: "a node whose only endpoints of a service are not ready still announces the service's address, and drops the packets that arrive for it",
			Affects: "up to v3.31.6, and v3.32.0 to v3.32.1",
			FixedIn: []string{"v3.31.7", "v3.32.2"},
		},
		{
			Number:  "projectcalico/calico#13341",
			Summary: "a route reflector that has no endpoint of a service itself does not reflect the service's external IP if that is announced as a single address",
			Affects: "all of v3.31 and v3.32",
			FixedIn: []string{"v3.33.0"},
		},
		{
			Number:  "projectcalico/calico#13470",
			Summary: "where Felix programs the routes of pools with IPIP, a node tells other nodes of the blocks that it reaches through tunl0 as if they were its own",
			Affects: "all of v3.31 and v3.32, where Felix is told to program them",
			FixedIn: []string{"v3.33.0"},
			Note:    "no issue is known; the number is that of the pull request that made Felix's routes the default and keeps them back",
		},
		{
			Number:  "projectcalico/calico#13533",
			Summary: "where Felix programs the routes between nodes, a node announces other nodes' blocks as its own if it reaches them through its own interface: every block of its subnet",
			Affects: "all versions so far",
			Note:    "no issue is known; the number is that of a pull request that was closed and not merged",
		},
	}
}

// issueBy finds the issue for which a property, of its number say, has a value.
func issueBy(property func(Issue) string, value string) (Issue, bool) {
	issues := Issues()
	i := slices.IndexFunc(issues, func(known Issue) bool { return property(known) == value })
	if i < 0 {
		return Issue{}, false
	}
	return issues[i], true
}

// In reports whether a version of Calico has the issue. Versions before the first that the
// issue was seen in count as having it: a promise that is kept there says so.
func (i Issue) In(version string) (bool, error) {
	line, patch, err := parseVersion(version)
	if err != nil {
		return false, err
	}
	after := false
	for _, fixed := range i.FixedIn {
		fixedLine, fixedPatch, err := parseVersion(fixed)
		if err != nil {
			return false, err
		}
		if fixedLine == line {
			return patch < fixedPatch, nil
		}
		after = line > fixedLine
	}
	return !after, nil
}

// parseVersion splits a version of Calico, such as v3.31.0, into its release line and its
// patch.
func parseVersion(text string) (line, patch int, err error) {
	var major, minor int
	if n, err := fmt.Sscanf(text, "v%d.%d.%d", &major, &minor, &patch); err != nil || n != 3 {
		return 0, 0, fmt.Errorf("version %q of Calico is not of the form v3.31.0", text)
	}
	return major*1000 + minor, patch, nil
}

func (i Issue) number() string { return i.Number }

// label is the number as the label of a spec, in which Ginkgo allows no slash:
// calico#10945.
func (i Issue) label() string { return issueLabel(i.Number) }

func issueLabel(number string) string { return number[strings.LastIndexByte(number, '/')+1:] }
