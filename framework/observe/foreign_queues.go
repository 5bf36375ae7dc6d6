package observe

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"

	"github.com/rackproof/rackproof/framework/topology"
)

// plainQueues are the queueing disciplines that a kernel gives an interface by itself
// (net.core.default_qdisc): they neither delay nor drop by choice.
func plainQueues() []string {
	return []string{"noqueue", "pfifo_fast", "pfifo", "bfifo", "fq_codel", "fq", "mq"}
}

// readQueues finds queueing disciplines, which may shape or lose packets, and with filters
// on them drop some.
func readQueues(handle *netlink.Handle, host topology.Host) ([]Finding, error) {
	var found []Finding
	for _, i := range host.Interfaces {
		link, err := handle.LinkByName(i.Name)
		if _, missing := errors.AsType[netlink.LinkNotFoundError](err); missing {
			continue // its address is missing too
		}
		if err != nil {
			return found, fmt.Errorf("find %s: %w", i.Name, err)
		}
		queues, err := handle.QdiscList(link)
		if err != nil {
			return found, fmt.Errorf("list the queueing disciplines of %s: %w", i.Name, err)
		}
		for _, queue := range queues {
			found = append(found, foreignQueue(host.Name, i.Name, queue.Type(), queue.Attrs().Parent)...)
		}
	}
	return found, nil
}

// foreignQueue reports whether a queueing discipline was made by somebody.
func foreignQueue(host, dev, kind string, parent uint32) []Finding {
	if slices.Contains(plainQueues(), kind) {
		return nil
	}
	where := "root"
	if parent == netlink.HANDLE_INGRESS {
		where = kind // ingress or clsact
	}
	return []Finding{{
		Host: host, Check: PacketFilters,
		What:   fmt.Sprintf("interface %s has the queueing discipline %s, which can delay or drop packets", dev, kind),
		Remedy: fmt.Sprintf("tc qdisc del dev %s %s", dev, where),
	}}
}
