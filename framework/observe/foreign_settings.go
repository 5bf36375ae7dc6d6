package observe

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/lab/hostkernel"
	"github.com/rackproof/rackproof/framework/namespace"
	"github.com/rackproof/rackproof/framework/topology"
)

// settingsFolder shows the settings of the network namespace that a thread is in.
const settingsFolder = "/proc/sys"

// Values of the settings that decide whether packets are forwarded
// (Documentation/networking/ip-sysctl.rst in the kernel's source).
const (
	forwardingOn      = "1"
	reversePathStrict = "1"
)

// kernelDefaults are settings that nobody in a lab changes, and that decide how packets
// leave or what is answered: paths below settingsFolder, and values.
func kernelDefaults() map[string]string {
	return map[string]string{
		"net/ipv4/fib_multipath_use_neigh": "0",
		"net/ipv4/icmp_echo_ignore_all":    "0",
		"net/ipv4/ip_default_ttl":          "64",
		"net/ipv4/ip_forward_use_pmtu":     "0",
		"net/ipv4/ip_no_pmtu_disc":         "0",
	}
}

// ownDefaults are settings of an interface that nobody in a lab changes on those of the
// topology: which requests for its addresses it answers.
func ownDefaults() map[string]string {
	return map[string]string{"arp_filter": "0", "arp_ignore": "0", "proxy_arp": "0"}
}

func readSettings(inside namespace.Set, host topology.Host, links []netlink.Link) (found []Finding, err error) {
	var names []string
	for _, link := range links {
		names = append(names, link.Attrs().Name)
	}
	err = inside.Do(func() (err error) {
		found, err = foreignSettings(host, names, hostkernel.Settings(host.Name, host.Role), func(setting string) (string, error) {
			data, err := os.ReadFile(path.Join(settingsFolder, setting))
			return strings.TrimSpace(string(data)), err
		})
		return err
	})
	return found, err
}

// settings compares the settings of a host.
type settings struct {
	host  string
	read  func(setting string) (string, error)
	found []Finding
}

func (s *settings) report(check Check, setting, value, effect, right string) {
	name := strings.ReplaceAll(setting, "/", ".")
	s.found = append(s.found, Finding{
		Host: s.host, Check: check,
		What: fmt.Sprintf("%s is %s: %s", name, value, effect), Remedy: fmt.Sprintf("sysctl -w %s=%s", remedyName(setting), right),
	})
}

// remedyName is a setting as sysctl(8) takes it: with slashes where a part has a dot, as an
// interface may.
func remedyName(setting string) string {
	if strings.Contains(setting, ".") {
		return setting
	}
	return strings.ReplaceAll(setting, "/", ".")
}

// expect compares a setting with its value. One that is not there cannot be wrong: the
// kernel is older, or the interface is gone.
func (s *settings) expect(check Check, setting, right, effect string) error {
	value, err := s.read(setting)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read the setting %s: %w", strings.ReplaceAll(setting, "/", "."), err)
	case value != right:
		s.report(check, setting, value, effect, right)
	}
	return nil
}

// foreignSettings finds settings by which a host drops what it is to forward, or decides
// about packets otherwise than labs do: without forwarding all, and with strict filtering
// by the reverse path what comes back another way than it went, which a fabric of equal
// paths does all the time. given is what the lab has set. An interface that is not there
// has no settings.
func foreignSettings(host topology.Host, interfaces []string, given map[string]string, read func(setting string) (string, error)) ([]Finding, error) {
	s := &settings{host: host.Name, read: read}
	const all = "net/ipv4/ip_forward"
	value, err := read(all)
	if err != nil {
		return nil, fmt.Errorf("read whether it forwards: %w", err)
	}
	var failures []error
	if value != forwardingOn {
		s.report(Forwarding, all, value, "the host forwards nothing", forwardingOn)
	} else {
		// Without forwarding at all every interface says so.
		for _, name := range append([]string{"all"}, interfaces...) {
			failures = append(failures, s.expect(Forwarding, path.Join("net/ipv4/conf", name, "forwarding"), forwardingOn, "the host forwards nothing that comes in by "+name))
		}
	}
	own := []string{"all"}
	for _, i := range host.Interfaces {
		own = append(own, i.Name)
	}
	for _, name := range own {
		folder := path.Join("net/ipv4/conf", name)
		filter, err := read(path.Join(folder, "rp_filter"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			failures = append(failures, fmt.Errorf("read whether it filters by the reverse path: %w", err))
		}
		if filter == reversePathStrict {
			s.report(Forwarding, path.Join(folder, "rp_filter"), filter, "the host drops what it would not answer by the same interface", "0")
		}
		for _, setting := range slices.Sorted(maps.Keys(ownDefaults())) {
			failures = append(failures, s.expect(KernelSettings, path.Join(folder, setting), ownDefaults()[setting], "the host answers other requests for addresses than it does by default"))
		}
	}
	for _, setting := range slices.Sorted(maps.Keys(kernelDefaults())) {
		failures = append(failures, s.expect(KernelSettings, setting, kernelDefaults()[setting], "the kernel's default is "+kernelDefaults()[setting]))
	}
	for _, setting := range slices.Sorted(maps.Keys(given)) {
		if setting == all || strings.HasSuffix(setting, "/rp_filter") || strings.Contains(setting, "/default/") || strings.HasPrefix(setting, "net/ipv6/") {
			continue // compared above, or for interfaces to come, or of the family that no topology has
		}
		if value != forwardingOn && strings.HasSuffix(setting, "/accept_redirects") {
			continue // a host that forwards nothing is no router, and the kernel lets it accept redirects
		}
		failures = append(failures, s.expect(KernelSettings, setting, given[setting], "the lab sets it to "+given[setting]))
	}
	return s.found, errors.Join(failures...)
}
