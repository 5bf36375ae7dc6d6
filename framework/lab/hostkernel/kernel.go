// Package hostkernel has the kernel settings of hosts: how a host forwards, and how it spreads
// flows over equal paths. Labs set them, and observation compares them.
package hostkernel

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/topology"
)

// kernelFolder shows the kernel's settings of the network namespace that a thread is in.
const kernelFolder = "/proc/sys"

// Settings are what the network namespace of a host is set to, in any lab: paths
// below /proc/sys, and values. A host that is none of the topology's has no role. The
// calling thread is in the namespace: the kernel shows there which settings it has.
func Settings(host string, role topology.Role) map[string]string {
	settings := map[string]string{
		"net/ipv4/ip_forward": "1",
		// A fabric with several equal paths is asymmetric.
		"net/ipv4/conf/all/rp_filter":     "0",
		"net/ipv4/conf/default/rp_filter": "0",
		// The table alone decides where a host sends a packet, as on a switch: an ICMP
		// redirect would override it.
		"net/ipv4/conf/all/accept_redirects":     "0",
		"net/ipv4/conf/default/accept_redirects": "0",
		// A next hop whose cable is out is no next hop.
		"net/ipv4/conf/all/ignore_routes_with_linkdown":     "1",
		"net/ipv4/conf/default/ignore_routes_with_linkdown": "1",
		// A new network namespace inherits these from the machine, whose own network may need
		// others.
		"net/ipv4/conf/all/arp_filter":     "0",
		"net/ipv4/conf/default/arp_filter": "0",
		"net/ipv4/conf/all/arp_ignore":     "0",
		"net/ipv4/conf/default/arp_ignore": "0",
		"net/ipv4/conf/all/proxy_arp":      "0",
		"net/ipv4/conf/default/proxy_arp":  "0",
		// The topologies are IPv4; link-local addresses only make noise.
		"net/ipv6/conf/all/disable_ipv6":     "1",
		"net/ipv6/conf/default/disable_ipv6": "1",
	}
	maps.Copy(settings, hashSettings(host, role, func(setting string) bool {
		_, err := os.Stat(filepath.Join(kernelFolder, setting))
		return err == nil
	}))
	return settings
}

// Set sets a host's kernel settings. A setting that this kernel does not
// have is an error only if it is one of IPv4.
func Set(host string, role topology.Role, set namespace.Set) error {
	return namespace.Set{Net: set.Net}.Do(func() error {
		for key, value := range Settings(host, role) {
			path := filepath.Join(kernelFolder, key)
			if _, err := os.Stat(path); os.IsNotExist(err) && strings.HasPrefix(key, "net/ipv6/") {
				continue // a kernel without IPv6
			}
			if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
				return fmt.Errorf("%s: set %s to %s: %w", host, key, value, err)
			}
		}
		return nil
	})
}
