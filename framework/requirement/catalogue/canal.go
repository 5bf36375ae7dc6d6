package catalogue

// canal are the requirements of suites/canal.
func canal() []Entry {
	return []Entry{
		{ID: "CAN-001", Title: "subnets and what flannel publishes", Promises: []string{"L1"}, Profile: Core},
		{ID: "CAN-010", Title: "one route per node, through flannel.1", Promises: []string{"L2"}, Profile: Core},
		{ID: "CAN-011", Title: "fabric without pod routes", Promises: []string{"R3"}, Profile: Core},
		{ID: "CAN-020", Title: "flannel.1 and its address", Promises: []string{"L2"}, Profile: Core},
		{ID: "CAN-021", Title: "outer addresses, network and port", Promises: []string{"L2"}, Profile: Core},
		{ID: "CAN-022", Title: "MTU of flannel.1 and pods", Promises: []string{"L2", "N7"}, Profile: Core},
		{ID: "CAN-023", Title: "neighbours and forwarding entries", Promises: []string{"L2"}, Profile: Core},
		{ID: "CAN-030", Title: "pods of other racks", Promises: []string{"N1", "L2"}, Profile: Core},
		{ID: "CAN-031", Title: "pods of the rack's other nodes", Promises: []string{"N1", "L2"}, Profile: Core},
		{ID: "CAN-032", Title: "pings between pods", Promises: []string{"N1"}, Sources: []Source{article(4)}, Profile: Core},
		{ID: "CAN-033", Title: "node to pods, from the address of flannel.1", Promises: []string{"N2", "L2"}, Profile: Core},
		{ID: "CAN-034", Title: "pods unreachable from outside", Promises: []string{"N4"}, Profile: Core},
		{ID: "CAN-035", Title: "pods hidden from outside", Promises: []string{"L4"}, Profile: Core},
		{ID: "CAN-036", Title: "VXLAN packets between all nodes", Promises: []string{"L2"}, Profile: Core},
		{ID: "CAN-037", Title: "packets too large for flannel.1", Promises: []string{"N7"}, Sources: []Source{issue(3062)}, Profile: Core},
		{ID: "CAN-040", Title: "policy that closes pods", Promises: []string{"L5"}, Profile: Core},
		{ID: "CAN-041", Title: "policy that lets one pod in", Promises: []string{"L5"}, Profile: Core},
		{ID: "CAN-050", Title: "restart of flannel without loss", Promises: []string{"L6"}, Profile: Core},
		{ID: "CAN-051", Title: "restart of flannel mends its node", Promises: []string{"L6"}, Profile: Extended},
		{ID: "CAN-100", Title: "host-gw: plain routes in a network", Promises: []string{"L3"}, Profile: Core},
		{ID: "CAN-101", Title: "host-gw: no route to another network", Promises: []string{"L3"}, Profile: Core},
		{ID: "CAN-102", Title: "host-gw: no flannel.1", Promises: []string{"L3"}, Profile: Core},
		{ID: "CAN-103", Title: "host-gw: pods of the network", Promises: []string{"N1", "L3"}, Profile: Core},
		{ID: "CAN-104", Title: "host-gw: pods of another network", Promises: []string{"L3", "N4"}, Profile: Core},
		{ID: "CAN-105", Title: "host-gw: plain packets", Promises: []string{"L3"}, Profile: Core},
		{ID: "CAN-106", Title: "host-gw: deleted route comes back", Promises: []string{"L8"}, Profile: Extended},
		{ID: "CAN-107", Title: "host-gw: largest packet", Promises: []string{"N7", "L3"}, Profile: Core},
		{ID: "CAN-108", Title: "host-gw: policy that closes pods", Promises: []string{"L5"}, Profile: Core},
		{ID: "CAN-200", Title: "vxlan to host-gw", Promises: []string{"L7"}, Profile: Extended},
		{ID: "CAN-201", Title: "host-gw to vxlan", Promises: []string{"L7"}, Profile: Extended},
	}
}
