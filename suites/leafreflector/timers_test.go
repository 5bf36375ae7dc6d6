package leafreflector

import (
	"runtime"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/probe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/topology"
)

const (
	// shortHoldTime is the longest hold time that a leaf of a lab has: 3 s with FRR, 5 s with BIRD.
	shortHoldTime = 5 * time.Second
	// busyFor is how long nodes are busy: six times the shorter hold time and more.
	busyFor = 20 * time.Second
	// reloadEvery is the time between two changes that BIRD has to reload its configuration for.
	reloadEvery = 2 * time.Second
	// sinceError is by how much BIRD 1.6 may tell one moment in two ways: it takes its age from the
	// time of day, and rounds both. A session that ends in a spec is older than that.
	sinceError = time.Second
)

// timers are sessions whose timers are those of a data centre (calico#7086). BIRD 1.6 counts whole
// seconds: where a machine stands still for 0.6 s, some hold times of 3 s end. Every stall that is
// noticed is therefore beyond the margin.
func timers(lab *suite.Lab) {
	Context("timers", Label("changes", "slow"), func() {
		Requirement("LEAF-005", "a node's session with a hold time of a few seconds MUST NOT go down for 20 s in which every node is busy and reloads BIRD's configuration", Needs(Calicoctl), Timing(probe.Late), func(ctx SpecContext) {
			nodes := lab.Topology().Nodes()
			before, reloaded := map[string]bird.Protocol{}, map[string]time.Time{}
			for _, node := range nodes {
				before[node.Name], reloaded[node.Name] = toLeaf(ctx, lab, node), reconfigured(ctx, lab, node)
				Expect(before[node.Name].HoldTime).To(And(BeNumerically(">", 0), BeNumerically("<=", shortHoldTime)), "hold time of %s", node.Name)
				// All nodes together have more loops than there are processors, and not many more: other
				// labs of the machine have promises of time too.
				for range runtime.NumCPU()/len(nodes) + 1 {
					// A loop that is left behind ends by itself.
					calicoctl.RunService(lab, node.Name, "sh", "-c", "ulimit -t 60; while :; do :; done")
				}
			}
			began, changed := time.Now(), time.Time{}
			for time.Since(began) < busyFor {
				if time.Since(changed) > reloadEvery {
					changed = time.Now()
					lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) {
						if spec.LogSeverityScreen != "Debug" {
							spec.LogSeverityScreen = "Debug"
						} else {
							spec.LogSeverityScreen = "Info"
						}
					})
				}
				Consistently(func(g Gomega) {
					for _, node := range nodes {
						g.Expect(lastChange(toLeaf(ctx, lab, node))).To(BeTemporally("~", lastChange(before[node.Name]), sinceError), "when the session of %s came or went last", node.Name)
					}
				}).WithContext(ctx).WithTimeout(reloadEvery).Should(Succeed())
			}
			for _, node := range nodes {
				Expect(reconfigured(ctx, lab, node)).To(BeTemporally(">", reloaded[node.Name]), "when %s's BIRD read its configuration last", node.Name)
			}
		})
	})
}

// toLeaf is the only session of a node.
func toLeaf(ctx SpecContext, lab *suite.Lab, node topology.Host) bird.Protocol {
	GinkgoHelper()
	protocols, err := observe.Protocols(ctx, lab.At(node.Name), node.Families())
	Expect(err).NotTo(HaveOccurred())
	Expect(protocols).To(HaveLen(1), "sessions of %s", node.Name)
	for _, only := range protocols {
		return only
	}
	return bird.Protocol{}
}

// lastChange is the time of day when a session came or went last: BIRD tells the day of what is 20
// hours old alone.
func lastChange(p bird.Protocol) time.Time {
	GinkgoHelper()
	at, err := time.Parse(time.TimeOnly, p.Since)
	Expect(err).NotTo(HaveOccurred(), p.Name)
	return at
}

// reconfigured is when a node's BIRD has read its configuration last.
func reconfigured(ctx SpecContext, lab *suite.Lab, node topology.Host) time.Time {
	GinkgoHelper()
	client, err := observe.BIRD(ctx, lab.At(node.Name), route.IPv4)
	Expect(err).NotTo(HaveOccurred())
	defer client.Close()
	status, err := client.Status(ctx)
	Expect(err).NotTo(HaveOccurred())
	return status.LastReconfiguration
}
