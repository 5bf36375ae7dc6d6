package observe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

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

func readForwarding(inside namespace.Set, host topology.Host) (found []Finding, err error) {
	err = inside.Do(func() (err error) {
		found, err = foreignForwarding(host, func(setting string) (string, error) {
			data, err := os.ReadFile(path.Join(settingsFolder, setting))
			return strings.TrimSpace(string(data)), err
		})
		return err
	})
	return found, err
}

// foreignForwarding finds settings by which a host drops what it is to forward: without
// forwarding all, and with strict filtering by the reverse path what comes back another
// way than it went, which a fabric of equal paths does all the time. An interface that is
// not there has no settings.
func foreignForwarding(host topology.Host, read func(setting string) (string, error)) ([]Finding, error) {
	var found []Finding
	report := func(setting, value, effect, right string) {
		name := strings.ReplaceAll(setting, "/", ".")
		found = append(found, Finding{
			Host: host.Name, Check: Forwarding,
			What: fmt.Sprintf("%s is %s: %s", name, value, effect), Remedy: fmt.Sprintf("sysctl -w %s=%s", name, right),
		})
	}
	const all = "net/ipv4/ip_forward"
	value, err := read(all)
	if err != nil {
		return nil, fmt.Errorf("read whether it forwards: %w", err)
	}
	if value != forwardingOn {
		report(all, value, "the host forwards nothing", forwardingOn)
	}
	names := []string{"all"}
	for _, i := range host.Interfaces {
		names = append(names, i.Name)
	}
	for _, name := range names {
		folder := path.Join("net/ipv4/conf", name)
		// Without forwarding at all every interface says so.
		if own, err := read(path.Join(folder, "forwarding")); err == nil && own != forwardingOn && value == forwardingOn {
			report(path.Join(folder, "forwarding"), own, "the host forwards nothing that comes in by "+name, forwardingOn)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return found, fmt.Errorf("read whether it forwards: %w", err)
		}
		filter, err := read(path.Join(folder, "rp_filter"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return found, fmt.Errorf("read whether it filters by the reverse path: %w", err)
		}
		if filter == reversePathStrict {
			report(path.Join(folder, "rp_filter"), filter, "the host drops what it would not answer by the same interface", "0")
		}
	}
	return found, nil
}
