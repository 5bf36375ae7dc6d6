package netns

import (
	"fmt"
	"slices"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/lab/capability"
	"github.com/rackproof/rackproof/framework/lab/vm"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// needsOf are what a lab of the topology needs of the machine, whatever its mode.
func needsOf(t *topology.Topology) ([]capability.Need, error) {
	needs, err := routerNeeds(t)
	return append(needs, ownNeed()), err
}

// ownNeed is what every lab needs. Calico's system requirements are Linux 5.10 or later.
func ownNeed() capability.Need {
	tables := capability.NFTables
	if vm.Inside() {
		tables = capability.XTables
	}
	return capability.Need{
		For:    "the embedded lab",
		Kernel: capability.Kernel{Major: 5, Minor: 10},
		Programs: []capability.Program{
			{Name: "bird", Package: "bird"},
			// BIRD 2 has no bird6, and does not read Calico's configuration.
			{Name: "bird6", Package: "bird"},
			{Name: "birdc", Package: "bird"},
			{Name: "iptables", Package: "iptables"},
			{Name: "iptables-nft", Package: "iptables"},
			{Name: "ipset", Package: "ipset"},
			{Name: "conntrack", Package: "conntrack"},
			{Name: "curl", Package: "curl"},
		},
		Features: []capability.Feature{
			capability.Namespaces, capability.Veth, capability.Bridge, capability.Multipath, tables, capability.IPSet, capability.Conntrack,
		},
		// etcd's data and the logs of a lab with some load on it.
		Space: []capability.Space{{Folder: stateRoot, Bytes: 500e6}},
	}
}

// machineNeed is what labs under User-Mode Linux need beside what every lab needs.
func machineNeed() capability.Need {
	return capability.Need{
		For:      "User-Mode Linux",
		Features: []capability.Feature{capability.Namespaces, capability.Bridge, capability.Tap},
	}
}

// routerNeeds are what the routers of a topology need.
func routerNeeds(t *topology.Topology) ([]capability.Need, error) {
	cache, err := component.DefaultCacheDir()
	if err != nil {
		return nil, err
	}
	var seen []topology.Software
	var needs []capability.Need
	for _, host := range t.Hosts {
		if host.Software == "" || slices.Contains(seen, host.Software) {
			continue
		}
		seen = append(seen, host.Software)
		driver, err := drivers.Of(host.Software)
		if err != nil {
			return nil, fmt.Errorf("topology %s: host %s: %w", t.Name, host.Name, err)
		}
		need := capability.Need{For: fmt.Sprintf("routers with %s", host.Software)}
		for _, r := range driver.Requirements() {
			need.Programs = append(need.Programs, capability.Program{
				Name: r.Program, Package: r.Package, Command: r.Command,
				Folder: component.RouterFolder(cache, string(host.Software)),
			})
		}
		needs = append(needs, need)
	}
	return needs, nil
}
