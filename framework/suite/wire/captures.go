package wire

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/topology"
)

// port names an interface of a host.
type port struct{ Host, Name string }

// Captures are packet captures at hosts' interfaces.
type Captures struct {
	captures map[port]*observe.Capture
}

// Seen are the packets that passed interfaces, each in the order in which it saw them.
type Seen map[port][]observe.Packet

// Ends are all interfaces of hosts to their links.
func Ends(hosts ...topology.Host) []topology.Interface {
	ginkgo.GinkgoHelper()
	var ends []topology.Interface
	for _, host := range hosts {
		ends = append(ends, host.Interfaces...)
	}
	gomega.Expect(ends).NotTo(gomega.BeEmpty(), "interfaces of hosts")
	return ends
}

// CaptureAt records the packets that pass interfaces and that a filter chooses (nil:
// all), until Stop is called or the spec ends. An interface that is no link's end, such
// as a tunnel's device, is named by its host and its own name alone.
func CaptureAt(ctx context.Context, l *suite.Lab, filter func(observe.Packet) bool, ends ...topology.Interface) *Captures {
	ginkgo.GinkgoHelper()
	gomega.Expect(ends).NotTo(gomega.BeEmpty(), "interfaces to capture at")
	c := &Captures{captures: map[port]*observe.Capture{}}
	for _, end := range ends {
		l.UseAt(end.Host, requirement.CaptureOnNodes, requirement.CaptureOnSwitches)
		capture, err := observe.NewCapture(ctx, l.At(end.Host), end.Name, filter)
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		ginkgo.DeferCleanup(func() { _, _ = capture.Stop() })
		c.captures[port{end.Host, end.Name}] = capture
	}
	return c
}

// CaptureOnNodes records as CaptureAt does, at every node's interface to the fabric.
func CaptureOnNodes(ctx context.Context, l *suite.Lab, filter func(observe.Packet) bool) *Captures {
	ginkgo.GinkgoHelper()
	var ends []topology.Interface
	for _, node := range l.Topology().Nodes() {
		ends = append(ends, node.Interfaces[0])
	}
	return CaptureAt(ctx, l, filter, ends...)
}

// Stop ends the captures and returns what they have seen. A capture that has lost
// packets fails the spec.
func (c *Captures) Stop() Seen {
	ginkgo.GinkgoHelper()
	seen := Seen{}
	for end, capture := range c.captures {
		var err error
		seen[end], err = capture.Stop()
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
	}
	return seen
}

// At is the part that was seen at interfaces of hosts.
func (s Seen) At(hosts ...topology.Host) Seen {
	part := Seen{}
	for end, packets := range s {
		if slices.ContainsFunc(hosts, func(host topology.Host) bool { return host.Name == end.Host }) {
			part[end] = packets
		}
	}
	return part
}

// ByHost has the packets by the names of the hosts whose interfaces they passed.
func (s Seen) ByHost() map[string][]observe.Packet {
	packets := map[string][]observe.Packet{}
	for _, end := range s.ends() {
		packets[end.Host] = append(packets[end.Host], s[end]...)
	}
	return packets
}

// ends are the interfaces in an order that does not change.
func (s Seen) ends() []port {
	return slices.SortedFunc(maps.Keys(s), func(a, b port) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Name, b.Name))
	})
}
