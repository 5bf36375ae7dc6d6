package fabric

import (
	"fmt"
	"net/netip"
	"strings"
)

// maxPassword is the longest key of TCP's MD5 signature that Linux takes, in
// bytes (TCP_MD5SIG_MAXKEYLEN).
const maxPassword = 80

// maxHops is the largest number of hops that TTL security can be told: a packet
// arrives with a TTL of at least 255 less one for each hop but the last.
const maxHops = 254

// Check finds what no router can be configured to do. Routers themselves would
// refuse it line by line in their logs and go on without the line, so that the
// fault would show as a missing session or route only.
func (r Router) Check() error {
	if r.Host == "" || strings.ContainsAny(r.Host, " \t\r\n") {
		return fmt.Errorf("the host name %q is not a single word", r.Host)
	}
	if r.AS == 0 {
		return fmt.Errorf("the router has no AS number; give the host one in the topology")
	}
	if !r.RouterID.Is4() {
		return fmt.Errorf("the router ID %s is not an IPv4 address", r.RouterID)
	}
	for _, network := range r.Networks {
		if !network.Addr().Is4() || network != network.Masked() {
			return fmt.Errorf("the network %s is not an IPv4 prefix without host bits", network)
		}
	}
	names := map[netip.Addr]string{}
	for _, n := range r.Neighbors {
		if err := n.check(); err != nil {
			return err
		}
		if other, ok := names[n.Address]; ok {
			return fmt.Errorf("neighbors %s and %s have the same address %s", other, n.Host, n.Address)
		}
		names[n.Address] = n.Host
		if n.ReflectorClient && n.AS != r.AS {
			return fmt.Errorf("neighbor %s (%s) of AS %d cannot be a route reflector client of AS %d: reflection is iBGP (RFC 4456)",
				n.Host, n.Address, n.AS, r.AS)
		}
	}
	return nil
}

func (n Neighbor) check() error {
	if n.Host == "" || strings.ContainsAny(n.Host, " \t\r\n") {
		return fmt.Errorf("the neighbor %s has a name that is not a single word: %q", n.Address, n.Host)
	}
	if !n.Address.Is4() {
		return fmt.Errorf("neighbor %s: the address %s is not an IPv4 address", n.Host, n.Address)
	}
	if n.Local.IsValid() && !n.Local.Is4() {
		return fmt.Errorf("neighbor %s (%s): the router's own address %s is not an IPv4 address", n.Host, n.Address, n.Local)
	}
	if n.AS == 0 {
		return fmt.Errorf("neighbor %s (%s) has no AS number", n.Host, n.Address)
	}
	if len(n.Password) > maxPassword {
		return fmt.Errorf("neighbor %s (%s): the password has %d bytes, more than the %d of a TCP MD5 key: shorten it",
			n.Host, n.Address, len(n.Password), maxPassword)
	}
	if strings.ContainsFunc(n.Password, notInPassword) {
		return fmt.Errorf("neighbor %s (%s): the password has characters that a router's configuration cannot: use visible ASCII without quotes",
			n.Host, n.Address)
	}
	if n.TTLSecurity < 0 || n.TTLSecurity > maxHops {
		return fmt.Errorf("neighbor %s (%s): %d is no number of hops for TTL security: use 1 to %d, or 0 for off", n.Host, n.Address, n.TTLSecurity, maxHops)
	}
	return nil
}

// notInPassword: FRR's passwords end with the line, BIRD's with a quote.
func notInPassword(r rune) bool { return r <= ' ' || r > '~' || r == '"' }
