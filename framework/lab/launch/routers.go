package launch

import (
	"fmt"
	"slices"

	"github.com/rackproof/rackproof/framework/build/component"
	"github.com/rackproof/rackproof/framework/lab/capability"
	"github.com/rackproof/rackproof/framework/router/drivers"
	"github.com/rackproof/rackproof/framework/topology"
)

// routerNeeds are what the routers of an embedded lab need of the machine.
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
