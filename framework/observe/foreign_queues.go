package observe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/topology"
)

// plainQueues are the queueing disciplines that a kernel gives an interface by itself
// (net.core.default_qdisc): they neither delay nor drop by choice.
func plainQueues() []string {
	return []string{"noqueue", "pfifo_fast", "pfifo", "bfifo", "fq_codel", "fq", "mq"}
}

// bandwidthInterface begins the names of Felix's interfaces for pods with a limited bandwidth
// (felix/dataplane/linux/qos).
const bandwidthInterface = "bwcali"

// readQueues finds queueing disciplines, which may shape or lose packets, and with filters
// on them drop or redirect some. Those of pods' interfaces are Felix's.
func readQueues(handle *netlink.Handle, host topology.Host, names map[int]string) ([]Finding, error) {
	queues, err := handle.QdiscList(nil)
	if err != nil {
		return nil, fmt.Errorf("list its queueing disciplines: %w", err)
	}
	var found []Finding
	for _, queue := range queues {
		name := names[queue.Attrs().LinkIndex]
		if name == "" {
			continue // the interface came after the others were listed
		}
		if !strings.HasPrefix(name, workloadInterface) && !strings.HasPrefix(name, bandwidthInterface) {
			found = append(found, foreignQueue(host.Name, name, queue.Type(), queue.Attrs().Handle, queue.Attrs().Parent)...)
		}
	}
	return found, nil
}

// foreignQueue reports whether a queueing discipline was made by somebody: the kernel's own
// have no handle, and take no filters.
func foreignQueue(host, dev, kind string, handle, parent uint32) []Finding {
	if handle == netlink.HANDLE_NONE && slices.Contains(plainQueues(), kind) {
		return nil
	}
	where := "root"
	if parent == netlink.HANDLE_INGRESS {
		where = kind // ingress or clsact
	}
	return []Finding{{
		Host: host, Check: PacketFilters,
		What:   fmt.Sprintf("interface %s has the queueing discipline %s, which can delay, drop or redirect packets", dev, kind),
		Remedy: fmt.Sprintf("tc qdisc del dev %s %s", dev, where),
	}}
}
