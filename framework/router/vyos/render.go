package vyos

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/netip"
	"strings"
	"text/template"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/topology"
)

// The release that is rendered for, and the versions of its configuration's parts.
// Without them VyOS takes a file for one of the oldest version and migrates it.
const (
	release  = "1.4.0"
	versions = "bgp@5:broadcast-relay@1:cluster@2:config-management@1:conntrack@5:conntrack-sync@2:container@2:dhcp-relay@2:dhcp-server@8:" +
		"dhcpv6-server@1:dns-dynamic@4:dns-forwarding@4:firewall@15:flow-accounting@1:https@6:ids@1:interfaces@32:ipoe-server@3:ipsec@13:" +
		"isis@3:l2tp@9:lldp@2:mdns@1:monitoring@1:nat@8:nat66@3:ntp@3:openconnect@3:ospf@2:pim@1:policy@8:pppoe-server@10:pptp@5:qos@2:" +
		"quagga@11:reverse-proxy@1:rip@1:rpki@2:salt@1:snmp@3:ssh@2:sstp@6:system@27:vrf@3:vrrp@4:vyos-accel-ppp@2:wanloadbalance@3:webproxy@2"
)

//go:embed config.boot.tmpl
var configBoot string

var configTemplate = template.Must(template.New("config.boot").Funcs(template.FuncMap{
	"advertisementInterval": func() int { return advertisementInterval },
	"connectRetry":          func() int { return connectRetry },
	"holdTime":              func() int { return holdTime },
	"keepalive":             func() int { return keepalive },
	"release":               func() string { return release },
	"versions":              func() string { return versions },
	"escape":                escape,
}).Parse(configBoot))

// Of is the configuration of one of a topology's routers.
func Of(t *topology.Topology, r fabric.Router) (Config, error) {
	host, ok := t.Host(r.Host)
	if !ok {
		return Config{}, fmt.Errorf("render VyOS's configuration of %s: topology %s has no such host: plan the routers for this topology", r.Host, t.Name)
	}
	config := Config{Router: r}
	for _, port := range host.Interfaces {
		link, _ := t.Link(port.Link)
		config.Interfaces = append(config.Interfaces, Interface{Name: port.Name, Address: port.Address(route.IPv4), MTU: link.MTU})
	}
	return config, nil
}

// Render makes the boot configuration of a router, which Read reads back to the
// same value. It has no user in it and no address for management: what is there
// of these on a VyOS has to stay.
func Render(c Config) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("render VyOS's configuration of %s: %w", c.Router.Host, err)
	}
	var file bytes.Buffer
	if err := configTemplate.Execute(&file, c); err != nil {
		return nil, fmt.Errorf("render VyOS's configuration of %s: %w", c.Router.Host, err)
	}
	return file.Bytes(), nil
}

// check finds what VyOS has no statement for or would refuse, and what would not
// be read back.
func (c Config) check() error {
	r := c.Router
	if r.Host != "" {
		if err := topology.CheckName(r.Host); err != nil {
			return fmt.Errorf("the host name: %w", err)
		}
	}
	if r.Software != Software {
		return fmt.Errorf("the router runs %q, and VyOS runs FRR: give the host software %s", r.Software, Software)
	}
	if err := checkAS(r.AS); err != nil {
		return fmt.Errorf("the router: %w", err)
	}
	if r.RouterID.IsValid() {
		if err := reread(r.RouterID, parseAddress); err != nil {
			return fmt.Errorf("the router ID: %w", err)
		}
	}
	if r.ForgetRestarting && len(r.Neighbors) == 0 {
		return fmt.Errorf("the router forgets restarting neighbors, which VyOS has a statement for at each neighbor alone, and it has none: give it neighbors, or leave that out")
	}
	networks := map[netip.Prefix]bool{}
	for _, network := range r.Networks {
		if err := reread(network, parseNetwork); err != nil {
			return fmt.Errorf("network: %w", err)
		}
		if networks[network] {
			return fmt.Errorf("network %s is there twice: remove one", network)
		}
		networks[network] = true
	}
	if err := c.checkInterfaces(); err != nil {
		return err
	}
	return c.checkNeighbors()
}

func (c Config) checkInterfaces() error {
	for i, one := range c.Interfaces {
		if _, err := parseInterfaceName(one.Name); err != nil {
			return err
		}
		if err := reread(one.Address, parseInterfaceAddress); err != nil {
			return fmt.Errorf("interface %s: %w", one.Name, err)
		}
		if !one.Address.Addr().Is4() {
			return fmt.Errorf("interface %s: %s is not an IPv4 address", one.Name, one.Address)
		}
		if one.MTU < leastMTU || one.MTU > mostMTU {
			return fmt.Errorf("interface %s: VyOS has no MTU of %d: use %d to %d", one.Name, one.MTU, leastMTU, mostMTU)
		}
		for _, other := range c.Interfaces[:i] {
			if other.Name == one.Name || other.Address.Overlaps(one.Address) {
				return fmt.Errorf("interfaces %s %s and %s %s have a name or a network in common: change one", other.Name, other.Address, one.Name, one.Address)
			}
		}
	}
	return nil
}

func (c Config) checkNeighbors() error {
	names := map[netip.Addr]string{}
	for _, n := range c.Router.Neighbors {
		reject := func(format string, args ...any) error {
			return fmt.Errorf("neighbor %s (%s): %w", n.Host, n.Address, fmt.Errorf(format, args...))
		}
		if n.Host != "" {
			if err := topology.CheckName(n.Host); err != nil {
				return reject("its name: %w", err)
			}
		}
		if err := reread(n.Address, parseAddress); err != nil {
			return reject("%w", err)
		}
		if other, twice := names[n.Address]; twice {
			return reject("it has the address of neighbor %s: change one", other)
		}
		names[n.Address] = n.Host
		i, onLink := c.port(func(p netip.Prefix) bool { return p.Contains(n.Address) })
		if onLink && i.Address.Addr() == n.Address {
			return reject("it has the address of the router's own %s: change one", i.Name)
		}
		if n.Local != i.Address.Addr() {
			return reject("the router's own address %s is not that of its interface on the neighbor's network, %s, from which VyOS speaks: leave it to the plan", n.Local, i.Address)
		}
		if err := checkAS(n.AS); err != nil {
			return reject("%w", err)
		}
		if n.ReflectorClient && n.AS != c.Router.AS {
			return reject("AS %d cannot be a route reflector client of AS %d: reflection is iBGP (RFC 4456)", n.AS, c.Router.AS)
		}
		if n.Password != "" {
			if _, err := parsePassword(n.Password); err != nil {
				return reject("its password: %w", err)
			}
		}
		if n.TTLSecurity < 0 || n.TTLSecurity > mostHops {
			return reject("VyOS has no ttl-security of %d hops: use 1 to %d, or 0 for none", n.TTLSecurity, mostHops)
		}
	}
	return nil
}

func checkAS(as uint32) error {
	_, err := parseAS(fmt.Sprint(as))
	return err
}

// reread tells what is wrong with a value by the rules for reading it.
func reread[T fmt.Stringer](v T, parse func(string) (T, error)) error {
	_, err := parse(v.String())
	return err
}

// escape writes text for the inside of quotes.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
}
