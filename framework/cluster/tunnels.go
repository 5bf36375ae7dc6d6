package cluster

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/calico"
)

// configurationChanged is the exit status by which Felix asks to be started again,
// as it takes most of its configuration in only when it starts (configChangedRC in
// felix/daemon/daemon.go). In Calico's container runit does so.
const configurationChanged = 129

// fatal is the exit status of calico-node's log.Fatal. The service that allots
// tunnel addresses ends by it when somebody else has changed the node at the same
// moment, and as long as its Node is missing. It counts on runit, which starts it
// again for as long as that lasts (node/pkg/allocateip/allocateip.go). So does the
// monitor of addresses when the node has none (utils.Terminate).
const fatal = 1

// asleep is the exit status of a Go program without cgo in which nothing can happen any more.
// complete-startup sleeps forever when its work is done (ManageNodeCondition in
// node/pkg/lifecycle/startup/startup.go), and that is its end once its last connection has been
// idle for 90 s. Calico's own calico-node has cgo, where Go does not look for that.
const asleep = 2

// tunnelAddressTimeout bounds the wait for a node's tunnel address: many times what
// IPAM needs on a loaded machine.
const tunnelAddressTimeout = 3 * time.Minute

// allocateTunnelAddress starts the service that gives the node an address for its
// tunnel device, and waits until it has one: Felix would start without and ask to be
// started again at once. In a mode without encapsulation the service has nothing to
// do, and is left out for the memory that it takes.
func (n *node) allocateTunnelAddress(ctx context.Context) error {
	annotation := n.tunnelAnnotation()
	if annotation == "" {
		return nil
	}
	const service = "allocate-tunnel-addrs"
	if err := n.startService(service); err != nil {
		return err
	}
	err := wait.PollUntilContextTimeout(ctx, poll, tunnelAddressTimeout, true, func(ctx context.Context) (bool, error) {
		found, err := n.cluster.agentClient.CoreV1().Nodes().Get(ctx, n.host.Name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		return found.Annotations[annotation] != "", nil
	})
	if err != nil {
		return fmt.Errorf("wait for the node's annotation %s (the log of %s tells why it has none): %w", annotation, componentOf(service), err)
	}
	return nil
}

// tunnelAnnotation is where Calico keeps the address of the node's tunnel device; empty
// in a mode without tunnels.
func (n *node) tunnelAnnotation() string {
	for _, pool := range n.cluster.config.Mode.Resources.IPPools {
		if annotation := calico.EncapsulationOf(pool).TunnelAddressAnnotation(); annotation != "" {
			return annotation
		}
	}
	return ""
}

// startFelix starts Felix, which neither sessions nor pods wait for. Where it programs
// the routes the lab does.
func (n *node) startFelix() error {
	component := n.component(componentOf("felix"), calicoServices()["felix"])
	if n.tunnelAnnotation() == "" {
		component.StartNice = soonNice
	}
	component.RestartOn = restartsOn("felix")
	return n.cluster.config.Supervisor.Start(component)
}

// restartsOn are the exit statuses by which a service of Calico's container asks to be
// started again.
func restartsOn(service string) []int {
	switch service {
	case "felix":
		return []int{configurationChanged}
	case "complete-startup":
		return []int{fatal, asleep}
	case "allocate-tunnel-addrs", "monitor-addresses", "node-status-reporter":
		return []int{fatal}
	}
	return nil
}
