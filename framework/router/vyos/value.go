package vyos

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/rackproof/rackproof/framework/topology"
)

// The functions below read one value each. Their errors say what is wrong and
// what to write.

func parseAS(s string) (uint32, error) {
	as, err := strconv.ParseUint(s, 10, 32)
	if err != nil || as == 0 || as > mostAS {
		return 0, fmt.Errorf("%q is not an AS number: use a number from 1 to %d", s, uint32(mostAS))
	}
	return uint32(as), nil
}

// remoteAS is a neighbour's AS number, or that it has the router's own.
type remoteAS struct {
	as       uint32
	internal bool
}

func parseRemoteAS(s string) (remoteAS, error) {
	switch s {
	case "internal":
		return remoteAS{internal: true}, nil
	case "external":
		return remoteAS{}, errors.New("external does not say which AS the neighbor is in: write its number")
	}
	as, err := parseAS(s)
	return remoteAS{as: as}, err
}

// parseAddress reads the IPv4 address of a host.
func parseAddress(s string) (netip.Addr, error) {
	address, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		return netip.Addr{}, fmt.Errorf("%q is not an address: use an IPv4 address, as in 10.1.5.1", s)
	case !address.Is4():
		return netip.Addr{}, fmt.Errorf("%s is an IPv6 address, which labs do not have: use an IPv4 address", address)
	case address.IsUnspecified() || address.IsLoopback() || address.IsMulticast():
		return netip.Addr{}, fmt.Errorf("%s is no host's address: use a unicast one", address)
	}
	return address, nil
}

// parseNetwork reads an IPv4 prefix without host bits.
func parseNetwork(s string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("%q is not a prefix: use an IPv4 prefix, as in 10.1.5.0/24", s)
	case !prefix.Addr().Is4():
		return netip.Prefix{}, fmt.Errorf("%s is an IPv6 prefix, which labs do not have: use an IPv4 prefix", prefix)
	case prefix != prefix.Masked():
		return netip.Prefix{}, fmt.Errorf("%s has bits set beyond its length: write %s", prefix, prefix.Masked())
	}
	return prefix, nil
}

// parseInterfaceAddress reads an address with its prefix length. A host has
// neither the first nor the last address of a network, except of one of /31 and
// longer (RFC 3021).
func parseInterfaceAddress(s string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not an address with its prefix length: write it as in 10.1.5.1/24", s)
	}
	if !prefix.Addr().Is4() {
		return prefix, nil // the caller passes over IPv6
	}
	if _, err := parseAddress(prefix.Addr().String()); err != nil {
		return netip.Prefix{}, err
	}
	if prefix.Bits() < 31 && (prefix.Addr() == prefix.Masked().Addr() || !prefix.Contains(prefix.Addr().Next())) {
		return netip.Prefix{}, fmt.Errorf("%s is the first or the last address of its network: use one between them", prefix)
	}
	return prefix, nil
}

// parseInterfaceName checks a name by VyOS's rules for Ethernet interfaces and the
// kernel's length.
func parseInterfaceName(s string) (string, error) {
	const longest = 15
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	letters := func(s string) bool {
		return s != "" && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	}
	for prefix, rest := range map[string]func(string) bool{
		"eth": digits, "lan": digits, "eno": letters, "ens": letters, "enp": letters, "enx": letters,
	} {
		if after, ok := strings.CutPrefix(s, prefix); ok && rest(after) && len(s) <= longest {
			return s, nil
		}
	}
	return "", fmt.Errorf("%q is not the name of an Ethernet interface in VyOS: use one of up to %d characters, as in eth1", s, longest)
}

// parseRestart reads how a neighbour's restart is dealt with.
func parseRestart(s string) (string, error) {
	switch s {
	case restartDisable, restartHelper, restartEnable:
		return s, nil
	}
	return "", fmt.Errorf("%q is unknown: use %s, %s or %s", s, restartDisable, restartHelper, restartEnable)
}

// parseText takes any text.
func parseText(s string) (string, error) { return s, nil }

func parseHostName(s string) (string, error) {
	if err := topology.CheckName(s); err != nil {
		return "", err
	}
	return s, nil
}

// parsePassword does not repeat the password in its errors.
func parsePassword(s string) (string, error) {
	switch {
	case s == "" || len(s) > maxPassword:
		return "", fmt.Errorf("it has %d characters: use 1 to %d", len(s), maxPassword)
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("it has characters other than ASCII's visible ones: use those, without blanks")
	}
	return s, nil
}

// numberFrom reads whole numbers of a range.
func numberFrom(least, most int) func(string) (int, error) {
	return func(s string) (int, error) {
		number, err := strconv.ParseUint(s, 10, 31)
		if err != nil || int(number) < least || int(number) > most {
			return 0, fmt.Errorf("%q is not a number from %d to %d: use one", s, least, most)
		}
		return int(number), nil
	}
}
