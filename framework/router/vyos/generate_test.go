package vyos

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router/frr"
)

// generate makes a configuration that can be rendered, another one for each seed:
// from a router with nothing at all to one with every setting.
func generate(seed uint64) Config {
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	c := Config{Router: fabric.Router{
		Host: g.name(), Software: frr.Name, AS: g.as(),
	}}
	if g.often() {
		c.Router.RouterID = g.address(200)
	}
	for i := range g.IntN(5) {
		bits := 16 + g.IntN(15)
		c.Interfaces = append(c.Interfaces, Interface{
			Name:    fmt.Sprintf("%s%d", []string{"eth", "lan"}[g.IntN(2)], i),
			Address: netip.PrefixFrom(g.address(i), bits),
			MTU:     leastMTU + g.IntN(mostMTU-leastMTU+1),
		})
	}
	for i := range g.IntN(5) {
		c.Router.Networks = append(c.Router.Networks, netip.PrefixFrom(g.address(i), g.IntN(33)).Masked())
		if i > 0 && c.Router.Networks[i].Overlaps(c.Router.Networks[i-1]) {
			c.Router.Networks[i] = netip.PrefixFrom(g.address(i), 32)
		}
	}
	for i := range g.IntN(6) {
		n := fabric.Neighbor{Host: g.name(), Address: g.address(100 + i), AS: g.as(), NextHopSelf: g.often(), DefaultOriginate: g.often()}
		if i < len(c.Interfaces) && g.often() {
			n.Local = c.Interfaces[i].Address.Addr()
			n.Address = besides(n.Local)
		}
		if g.often() {
			n.AS, n.ReflectorClient = c.Router.AS, g.often()
		}
		if g.often() {
			n.Password = g.password()
		}
		if g.often() {
			n.TTLSecurity = 1 + g.IntN(mostHops)
		}
		c.Router.Neighbors = append(c.Router.Neighbors, n)
		c.Router.ForgetRestarting = seed%2 == 0
	}
	c.Router.GracefulShutdown = g.often()
	return c
}

type generator struct{ *rand.Rand }

func (g generator) often() bool { return g.IntN(2) == 0 }

// name is a DNS label, or nothing.
func (g generator) name() string {
	if g.often() {
		return ""
	}
	const inner = "abcdefghijklmnopqrstuvwxyz0123456789-"
	name := []byte{inner[g.IntN(36)]}
	for range g.IntN(30) {
		name = append(name, inner[g.IntN(len(inner))])
	}
	return string(append(name, inner[g.IntN(36)]))
}

func (g generator) as() uint32 { return uint32(1 + g.Int64N(mostAS)) }

// address is an address of the /16 with the number that is no end of any of its
// networks.
func (g generator) address(number int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(number), byte(1 + g.IntN(254)), byte(1 + 4*g.IntN(63) + g.IntN(2))})
}

// besides is the other usable address of an address's /30.
func besides(address netip.Addr) netip.Addr {
	octets := address.As4()
	octets[3] ^= 3
	return netip.AddrFrom4(octets)
}

// password has every character that a password may have.
func (g generator) password() string {
	var password []byte
	for range 1 + g.IntN(maxPassword) {
		password = append(password, byte('!'+g.IntN('~'-'!'+1)))
	}
	return string(password)
}
