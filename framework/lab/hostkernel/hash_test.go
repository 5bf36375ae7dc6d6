package hostkernel

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/rackproof/rackproof/framework/topology"
)

// kernelWith is a kernel that has some settings.
func kernelWith(settings ...string) func(string) bool {
	return func(setting string) bool { return slices.Contains(settings, setting) }
}

func TestHashSettingsOfKernels(t *testing.T) {
	seed := strconv.FormatUint(uint64(seedOf("leaf0")), 10)
	cases := []struct {
		name   string
		kernel func(string) bool
		want   map[string]string
	}{
		{"with seeds", kernelWith(hashPolicy, hashFields, hashSeed), map[string]string{hashPolicy: "3", hashFields: "55", hashSeed: seed}},
		{"without seeds", kernelWith(hashPolicy, hashFields), map[string]string{hashPolicy: "3", hashFields: "54"}},
		{"before 5.14", kernelWith(hashPolicy), map[string]string{hashPolicy: "1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := hashSettings("leaf0", topology.Leaf, c.kernel); !maps.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestSeedsDiffer(t *testing.T) {
	hosts := map[uint32]string{}
	for _, host := range []string{"spine0", "spine1", "leaf0", "leaf1", "tor0", "tor1", "core", "client", "control-plane", "worker", "worker2"} {
		seed := seedOf(host)
		if other, twice := hosts[seed]; twice || seed == 0 {
			t.Errorf("%s has seed %d, which is 0 or that of %q", host, seed, other)
		}
		hosts[seed] = host
	}
	// FNV-1a of the name, so that a lab spreads flows as the one before did.
	if got, want := seedOf("spine0"), uint32(2444203852); got != want {
		t.Errorf("spine0 has seed %d", got)
	}
}

func TestRolesHashDifferentFields(t *testing.T) {
	roles := map[string]topology.Role{}
	for _, role := range []topology.Role{topology.Node, topology.Leaf, topology.Spine, topology.Client} {
		fields := hashSettings("host", role, kernelWith(hashFields))[hashFields]
		if other, twice := roles[fields]; twice {
			t.Errorf("%s and %s hash the same fields %s", role, other, fields)
		}
		roles[fields] = role
		n, err := strconv.Atoi(fields)
		if ports := hashSourcePort | hashDestinationPort; err != nil || n&ports != ports {
			t.Errorf("%s hashes fields %s: flows between two hosts are not spread", role, fields)
		}
	}
}
