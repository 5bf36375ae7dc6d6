package suite

import (
	"context"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/observe"
)

// podInterface is the name of a pod's own interface.
const podInterface = "eth0"

// DeviceOf is a network interface of a host, which has to exist.
func (l *Lab) DeviceOf(host, name string) observe.Device {
	ginkgo.GinkgoHelper()
	return deviceAt(l.At(host), name)
}

// Device is the pod's own network interface.
func (p Pod) Device() observe.Device {
	ginkgo.GinkgoHelper()
	return deviceAt(p, podInterface)
}

func deviceAt(host lab.Host, name string) observe.Device {
	ginkgo.GinkgoHelper()
	device, err := observe.ReadDevice(host, name)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	gomega.Expect(device.Exists).To(gomega.BeTrue(), "%s has no interface %s", host.Name(), name)
	return device
}

// ExpectRoomInTunnel expects that on every node the MTU of a tunnel's device, and that of
// the pod's interface, is the one of the node's own interface less so many octets of
// outer headers.
func (l *Lab) ExpectRoomInTunnel(ctx context.Context, tunnel string, headers int) {
	ginkgo.GinkgoHelper()
	for node, pod := range l.Pods(ctx) {
		room := l.DeviceOf(node, l.NodeInterface(node)).MTU - headers
		gomega.Expect(l.DeviceOf(node, tunnel).MTU).To(gomega.Equal(room), node)
		gomega.Expect(pod.Device().MTU).To(gomega.Equal(room), "the pod on %s", node)
	}
}
