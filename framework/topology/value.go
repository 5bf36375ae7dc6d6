package topology

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// maxInterfaceName is the longest name that Linux gives an interface: IFNAMSIZ
// with its closing zero. Links are held to it too, as a lab names a bridge after
// its link.
const maxInterfaceName = 15

// defaultMTU is Ethernet's, in bytes.
const defaultMTU = 1500

// The functions below read one scalar of the file each. Their errors say what is
// wrong and what to write.

func parseText(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", errors.New("is empty: write something or remove the field")
	}
	return s, nil
}

// parseLabel reads a DNS label (RFC 1123, section 2.1), in lower case as
// Kubernetes wants its names.
func parseLabel(s string) (string, error) {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' || strings.ContainsFunc(s, notInLabel) {
		return "", fmt.Errorf("%q is not a DNS label: use up to 63 lower-case letters, digits and inner hyphens", s)
	}
	return s, nil
}

// CheckName tells what is wrong with a name for a host, a rack or a topology.
func CheckName(name string) error {
	_, err := parseLabel(name)
	return err
}

func notInLabel(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}

func parseLinkName(s string) (string, error) {
	if len(s) > maxInterfaceName {
		return "", fmt.Errorf("link name %q has %d characters, more than an interface can have: shorten it to %d", s, len(s), maxInterfaceName)
	}
	return parseLabel(s)
}

// parseInterface checks a name by the kernel's rules (dev_valid_name), and keeps lo for
// the loopback that every host has.
func parseInterface(s string) (string, error) {
	switch {
	case len(s) > maxInterfaceName:
		return "", fmt.Errorf("interface name %q has %d characters: shorten it to %d", s, len(s), maxInterfaceName)
	case s == "" || s == "." || s == ".." || strings.ContainsAny(s, "/: \t\r\n\v\f"):
		return "", fmt.Errorf("%q is not an interface name: use letters and digits, as in eth1", s)
	case s == "lo":
		return "", errors.New("lo is the loopback that every host has: name the interface otherwise")
	}
	return s, nil
}

func parseRole(s string) (Role, error) {
	switch role := Role(s); role {
	case Node, Leaf, Spine, Client, Reflector:
		return role, nil
	}
	return "", fmt.Errorf("unknown role %q: use %s, %s, %s, %s or %s", s, Node, Leaf, Spine, Client, Reflector)
}

// parseSoftware reads the name of software that is among the known.
func parseSoftware(known []Software) func(string) (Software, error) {
	return func(s string) (Software, error) {
		if software := Software(s); slices.Contains(known, software) {
			return software, nil
		}
		return "", fmt.Errorf("unknown software %q: use %s", s, alternatives(known))
	}
}

// alternatives writes software as a sentence has them: a, b or c.
func alternatives(software []Software) string {
	var text strings.Builder
	for i, name := range software {
		switch i {
		case 0:
		case len(software) - 1:
			text.WriteString(" or ")
		default:
			text.WriteString(", ")
		}
		text.WriteString(string(name))
	}
	return text.String()
}

// parseAS reads an AS number of two or four octets (RFC 6793), in plain notation
// (RFC 5396). AS 0 must not be used (RFC 7607).
func parseAS(s string) (uint32, error) {
	as, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not an AS number: use a number from 1 to 4294967295", s)
	}
	if as == 0 {
		return 0, errors.New("AS 0 is reserved (RFC 7607): use a number from 1 to 4294967295, or remove the field for a host without BGP")
	}
	return uint32(as), nil
}

func parseMTU(s string) (int, error) {
	const least, most = 68, 65535 // RFC 791, section 3.1
	mtu, err := strconv.Atoi(s)
	if err != nil || mtu < least || mtu > most {
		return 0, fmt.Errorf("%q is not an MTU: use a number of bytes from %d to %d", s, least, most)
	}
	return mtu, nil
}

func parseBool(s string) (bool, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false: use one of them", s)
}

func parseAddress(s string) (netip.Addr, error) {
	address, err := netip.ParseAddr(s)
	switch {
	case err != nil && strings.Contains(s, "/"):
		return netip.Addr{}, fmt.Errorf("%q is not an address: write it without prefix length, which the prefix field has", s)
	case err != nil:
		return netip.Addr{}, fmt.Errorf("%q is not an address: use one such as 10.1.5.1", s)
	case address.IsUnspecified() || address.IsLoopback() || address.IsMulticast():
		return netip.Addr{}, fmt.Errorf("%s is no host's address: use a unicast one", s)
	}
	return address, nil
}

// parseRouterID reads a BGP identifier: four octets, whatever the addresses are
// (RFC 6286, section 2.1).
func parseRouterID(s string) (netip.Addr, error) {
	id, err := netip.ParseAddr(s)
	if err != nil || !id.Is4() {
		return netip.Addr{}, fmt.Errorf("%q is not a BGP identifier: use four octets as in 10.1.5.1", s)
	}
	return parseAddress(s)
}

func parsePrefix(s string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("%q is not a prefix: use one as in 10.1.5.0/24", s)
	case prefix != prefix.Masked():
		return netip.Prefix{}, fmt.Errorf("%s has bits set beyond its length: write %s", s, prefix.Masked())
	}
	return prefix, nil
}
