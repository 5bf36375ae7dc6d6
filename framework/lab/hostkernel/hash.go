package hostkernel

import (
	"hash/fnv"
	"strconv"

	"github.com/rackproof/rackproof/framework/topology"
)

// Settings by which a host spreads flows over equal paths
// (Documentation/networking/ip-sysctl.rst in the kernel's source).
const (
	hashPolicy = "net/ipv4/fib_multipath_hash_policy"
	hashFields = "net/ipv4/fib_multipath_hash_fields"
	hashSeed   = "net/ipv4/fib_multipath_hash_seed"
)

// Bits of hashFields, the header fields that the hash is of.
const (
	hashSource          = 0x01
	hashDestination     = 0x02
	hashProtocol        = 0x04
	hashSourcePort      = 0x10
	hashDestinationPort = 0x20

	// hashFlow tells a flow from every other.
	hashFlow = hashSource | hashDestination | hashProtocol | hashSourcePort | hashDestinationPort
)

// hashSettings make a host spread flows, not pairs of hosts, over equal paths as a switch
// does: by addresses, protocol and ports, and independently of all other hosts. Two hosts
// in a row that hash alike choose alike: of the paths of the second, some are never
// used. Such a node is never tried, and nobody notices when it is broken.
//
// Policy 1 is of no use in a lab: a packet keeps the hash that its sender's kernel gave it
// as it passes from namespace to namespace, so that all hosts choose by one number. Policy
// 3 computes the hash from the header on every host. All namespaces of a kernel have one
// random key, so each host gets a seed of its own where the kernel has them (Linux 6.11).
// On an older kernel hosts of different roles hash different fields; two stages of spines
// choose alike there. Both ports are in each choice, so that flows between the same two
// hosts are spread in both directions.
// Kernels before 5.14 have policy 1 alone.
func hashSettings(host string, role topology.Role, has func(setting string) bool) map[string]string {
	if !has(hashFields) {
		return map[string]string{hashPolicy: "1"}
	}
	settings := map[string]string{hashPolicy: "3", hashFields: strconv.Itoa(hashFlow)}
	if has(hashSeed) {
		settings[hashSeed] = strconv.FormatUint(uint64(seedOf(host)), 10)
		return settings
	}
	settings[hashFields] = strconv.Itoa(hashFlow &^ omitted(role))
	return settings
}

// seedOf is a host's seed. It is the same in every lab, so that a flow that is tried again
// takes the same way.
func seedOf(host string) uint32 {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(host)) // never fails
	// 0 asks the kernel for its random key.
	return max(1, hash.Sum32())
}

// omitted is the field that hosts of a role leave out of their hash, so that it differs
// from those of the roles before and behind it.
func omitted(role topology.Role) int {
	switch role {
	case topology.Leaf:
		return hashSource
	case topology.Spine:
		return hashDestination
	case topology.Client:
		return hashProtocol
	}
	return 0
}
