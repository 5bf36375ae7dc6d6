package oracle

import (
	"slices"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
)

// Treatment says what the oracle makes of a field of Calico's resources.
type Treatment string

// The three treatments. There is no fourth: a field without one is refused.
const (
	// Handled: the expected sessions, routes or paths follow from the field.
	Handled Treatment = "handled"
	// Refused: the oracle refuses a state that has the field.
	Refused Treatment = "refused"
	// NoEffect: the field changes no session, no route and no path at rest.
	NoEffect Treatment = "no effect"
)

// Field is a field of one of Calico's resources, with everything beneath it, and what the
// oracle makes of it.
type Field struct {
	Kind string
	// Path is the field's in the resource, with [] for each item of a list
	// (`spec.exportV4[].cidr`).
	Path string
	Treatment
	// Passes are the values that a refused field may have: Calico's default, mostly. Upper
	// and lower case count as the same, as for Calico.
	Passes []string
	// Reason says how the field is handled, why it is refused, or why it has no effect.
	Reason string
}

// Fields are all fields of the resources that modes can have, in the order of the
// kinds. A test compares them with the types of Calico's API.
func Fields() []Field {
	return slices.Concat(configurationFields(), peerFields(), filterFields(), poolFields(), felixFields(), nodeFields())
}

// table makes the fields of one kind.
type table struct {
	kind   string
	fields []Field
}

func (t *table) add(treatment Treatment, passes []string, reason string, paths ...string) {
	for _, path := range paths {
		t.fields = append(t.fields, Field{Kind: t.kind, Path: path, Treatment: treatment, Passes: passes, Reason: reason})
	}
}

func (t *table) handled(reason string, paths ...string) { t.add(Handled, nil, reason, paths...) }

func (t *table) noEffect(reason string, paths ...string) { t.add(NoEffect, nil, reason, paths...) }

func (t *table) refused(reason string, paths ...string) { t.add(Refused, nil, reason, paths...) }

// refusedBut refuses a field with any value but one.
func (t *table) refusedBut(value, reason string, paths ...string) {
	t.add(Refused, []string{value}, reason, paths...)
}

const (
	restartReason = "how long routes outlive a neighbor that restarts; the oracle computes the state at rest"
	ipv6Reason    = "labs have no IPv6: topologies with it are refused"
	logReason     = "decides what is logged"
)

func configurationFields() []Field {
	t := table{kind: v3.KindBGPConfiguration}
	t.handled("the AS number of nodes that have none of their own", "spec.asNumber")
	t.handled("whether the nodes peer with each other", "spec.nodeToNodeMeshEnabled")
	t.handled("announced ranges; IPv6 and prefixes with bits beyond their length are refused", "spec.serviceClusterIPs", "spec.serviceExternalIPs", "spec.serviceLoadBalancerIPs")
	t.handled("the range as a whole, or its services one by one", "spec.serviceLoadBalancerAggregation")
	t.handled("added to announced paths, those of node.NAME instead of those of default; well-known communities are refused", "spec.communities", "spec.prefixAdvertisements")
	t.refusedBut("179", "BIRD takes another port at its start alone, and neighbors in the fabric have no other", "spec.listenPort")
	t.noEffect("both ends of each session of the mesh have the same password, or none where its secret is missing", "spec.nodeMeshPassword")
	t.refused("BIRD does not resolve next hops through these interfaces", "spec.ignoredInterfaces")
	t.refusedBut("None", "BIRD may refuse connections that other hosts open", "spec.bindMode")
	t.noEffect(restartReason, "spec.nodeMeshMaxRestartTime")
	t.noEffect("neighbors that are pods are refused in BGPPeers", "spec.localWorkloadPeeringIPV4", "spec.localWorkloadPeeringIPV6")
	t.noEffect(logReason, "spec.logSeverityScreen")
	return t.fields
}

func peerFields() []Field {
	t := table{kind: v3.KindBGPPeer}
	t.handled("the nodes that peer; both at once are refused", "spec.node", "spec.nodeSelector")
	t.handled("the neighbor, an IPv4 address without a port; anything else is refused", "spec.peerIP")
	t.handled("the AS number of the neighbor at peerIP; 0 is refused", "spec.asNumber")
	t.handled("the nodes that are neighbors", "spec.peerSelector")
	t.handled("as confd passes it on: for a neighbor at peerIP alone", "spec.localASNumber", "spec.numAllowedLocalASNumbers")
	t.handled("the next hop of announced paths", "spec.keepOriginalNextHop", "spec.nextHopMode")
	t.handled("the password of the secret's key; none where the secret is not there, as for Calico", "spec.password")
	t.handled("the address that the node speaks from; None is refused where a node with several links has none in common with the neighbor", "spec.sourceAddress")
	t.handled("how far away the neighbor may be", "spec.ttlSecurity")
	t.handled("the rules of these BGPFilters, in their order; missing ones count as empty, as for Calico", "spec.filters")
	t.handled("whether a neighbor that is a node gets the session too", "spec.reversePeering")
	t.refused("the node has a static route to the neighbor then", "spec.reachableBy")
	t.refused("neighbors that are pods are not computed: peer by peerIP or peerSelector", "spec.localWorkloadSelector")
	t.noEffect(restartReason, "spec.maxRestartTime")
	return t.fields
}

func filterFields() []Field {
	t := table{kind: v3.KindBGPFilter}
	for _, direction := range []string{"spec.exportV4[]", "spec.importV4[]"} {
		t.handled("Accept or Reject", direction+".action")
		t.handled("as confd writes it: a rule without cidr is about every prefix", direction+".cidr")
		t.handled("beside cidr alone, as confd writes it", direction+".matchOperator")
		t.handled("beside cidr alone, as confd writes it; beside Equal and NotEqual it is refused, and so is a range that no prefix has", direction+".prefixLength")
		t.handled("RemotePeers: learned by BGP; received paths all are", direction+".source")
	}
	t.handled("a pattern for the interface that the path leads through", "spec.exportV4[].interface")
	t.refused("BIRD knows no interface before it has resolved the next hop of a received path", "spec.importV4[].interface")
	t.noEffect("no rule of the BIRD for IPv4; "+ipv6Reason, "spec.exportV6", "spec.importV6")
	return t.fields
}

func poolFields() []Field {
	t := table{kind: v3.KindIPPool}
	const (
		byIPAM    = "decides which addresses IPAM gives; the oracle reads the blocks and addresses that it gave"
		forTunnel = "; where pools have encapsulation and a node gets no address for its tunnel, it is refused"
	)
	t.handled("the addresses that nodes announce; IPv6 and prefixes with bits beyond their length are refused", "spec.cidr")
	t.handled("who programs the routes, and through which device; several encapsulations at once are refused", "spec.ipipMode", "spec.vxlanMode")
	t.handled("nothing of the pool is announced", "spec.disableBGPExport")
	t.noEffect(byIPAM, "spec.blockSize", "spec.namespaceSelector", "spec.assignmentMode")
	t.noEffect(byIPAM+forTunnel, "spec.nodeSelector", "spec.allowedUses")
	t.noEffect(byIPAM+", and a pool that is disabled stays announced"+forTunnel, "spec.disabled")
	t.noEffect("changes the source address of packets from the pool to addresses outside of all pools, and no route", "spec.natOutgoing")
	t.refused("a field of Calico's API v1, which Calico refuses itself", "spec.ipip", "spec.nat-outgoing")
	return t.fields
}
