package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/observe"
)

// Captures are packet captures on hosts, by host.
type Captures struct{ captures map[string]*observe.Capture }

// CaptureOnNodes records the packets that pass every node's interface to the
// fabric and that a filter chooses, until Stop is called or the spec ends.
func (l *Lab) CaptureOnNodes(ctx context.Context, filter func(observe.Packet) bool) *Captures {
	ginkgo.GinkgoHelper()
	c := &Captures{captures: map[string]*observe.Capture{}}
	for _, node := range l.topology.Nodes() {
		capture, err := observe.NewCapture(ctx, l.At(node.Name), l.NodeInterface(node.Name), filter)
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		ginkgo.DeferCleanup(func() { _, _ = capture.Stop() })
		c.captures[node.Name] = capture
	}
	return c
}

// Stop ends the captures and returns the packets by host. A capture that has lost
// packets fails the spec.
func (c *Captures) Stop() map[string][]observe.Packet {
	ginkgo.GinkgoHelper()
	packets := map[string][]observe.Packet{}
	for host, capture := range c.captures {
		var err error
		packets[host], err = capture.Stop()
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
	}
	return packets
}
