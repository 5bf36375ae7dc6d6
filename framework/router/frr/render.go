package frr

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/netip"
	"strings"
	"text/template"

	"github.com/rackproof/rackproof/framework/fabric"
)

// File is a file of a router, to be readable by User.
type File struct {
	Path    string
	Content []byte
}

//go:embed bgpd.conf.tmpl
var bgpdConf string

var bgpdTemplate = template.Must(template.New("bgpd.conf").Parse(bgpdConf))

// zebraConf is zebra's configuration. With nexthop objects in the kernel, zebra
// 8.4.4 goes on to use a group that lost a member with its link after the link
// is back: the RIB has both next hops then, and the kernel one.
const zebraConf = `hostname %s
!
no zebra nexthop kernel enable
`

// Render makes the router's configuration: one file for each daemon, which the
// daemons read themselves. FRR's usual single frr.conf would have to be loaded by
// vtysh once the daemons run, which takes longer and can fail half way.
//
// The third file, vtysh.conf, is empty; without it vtysh complains on each call.
func Render(r fabric.Router) ([]File, error) {
	if err := check(r); err != nil {
		return nil, fmt.Errorf("render FRR's configuration of %s: %w", r.Host, err)
	}
	var bgpd bytes.Buffer
	if err := bgpdTemplate.Execute(&bgpd, r); err != nil {
		return nil, fmt.Errorf("render FRR's configuration of %s: %w", r.Host, err)
	}
	return []File{
		{Path: zebraConfig, Content: fmt.Appendf(nil, zebraConf, r.Host)},
		{Path: bgpdConfig, Content: bgpd.Bytes()},
		{Path: vtyshConfig},
	}, nil
}

// check finds what FRR would refuse line by line in its log, going on without
// the line, so that the fault would show as a missing session or route only.
func check(r fabric.Router) error {
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
		if !n.Address.Is4() {
			return fmt.Errorf("neighbor %s: the address %s is not an IPv4 address", n.Host, n.Address)
		}
		if other, ok := names[n.Address]; ok {
			return fmt.Errorf("neighbors %s and %s have the same address %s", other, n.Host, n.Address)
		}
		names[n.Address] = n.Host
		if n.AS == 0 {
			return fmt.Errorf("neighbor %s (%s) has no AS number", n.Host, n.Address)
		}
		if n.ReflectorClient && n.AS != r.AS {
			return fmt.Errorf("neighbor %s (%s) of AS %d cannot be a route reflector client of AS %d: reflection is iBGP (RFC 4456)",
				n.Host, n.Address, n.AS, r.AS)
		}
	}
	return nil
}
