package suite

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/e2e-framework/klient"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/calico/datastore"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/launch"
	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/oracle"
	"github.com/rackproof/rackproof/framework/topology"
	"github.com/rackproof/rackproof/framework/uml"
)

// upTimeout bounds a lab's bring-up on a machine that has much else to do.
const upTimeout = 10 * time.Minute

// Lab is a lab that lives as long as its suite. It is brought up for the first
// spec that needs it.
type Lab struct {
	suite    *Suite
	provider launch.Provider
	topology *topology.Topology
	mode     *calico.Mode

	lab.Lab
	// running is nil until the lab is up.
	running lab.Running
	// reference says that another lab is held against this one.
	reference bool
	// attached says that the lab was there before the suite.
	attached bool
	// calicoVersion is that of the lab that the suite has used; empty if it has used none.
	calicoVersion string
	// entered is the mode that a spec has put the lab into; empty for its own.
	entered string
	// settling is of the spec that is changing Calico's resources; nil if none is.
	settling *settling
	// broken is why the lab could not be brought up or has died.
	broken error
	// failed says that a spec on this lab has failed.
	failed bool
	cut    map[string]bool
	// cutEnds are the hosts that are cut off links.
	cutEnds map[oracle.End]bool
	// routers is what the fabric's routers are configured to do.
	routers []fabric.Router

	// routeLog has the changes of routes since the lab is here.
	routeLog routeLog

	cluster *observe.Cluster
	// Calico and Kubernetes are the lab's resources.
	Calico *datastore.Store
	Client klient.Client
}

// Lab declares a lab of the suite. Specs within a container that calls Use run on
// it.
func (s *Suite) Lab(topologyName, modeName string) *Lab {
	ginkgo.GinkgoHelper()
	return s.lab(s.options.provider, topologyName, modeName)
}

// EmbeddedLab declares a lab as Lab does, which is one of network namespaces and brought
// up for the suite, whatever provider was asked for: one to hold another against.
func (s *Suite) EmbeddedLab(topologyName, modeName string) *Lab {
	ginkgo.GinkgoHelper()
	l := s.lab(launch.NetnsProvider, topologyName, modeName)
	l.reference = true
	return l
}

func (s *Suite) lab(provider launch.Provider, topologyName, modeName string) *Lab {
	t, err := fixtures.Topology(topologyName)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	m, err := fixtures.Mode(modeName)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	if s.options.leaves != "" {
		t = t.WithSoftware(s.options.leaves)
	}
	l := &Lab{suite: s, provider: provider, topology: t, mode: m, cut: map[string]bool{}, cutEnds: map[oracle.End]bool{}}
	s.labs = append(s.labs, l)
	return l
}

// Use makes the specs of the container that calls it run on the lab: each begins
// on a lab that is up and agrees with the oracle, whatever ran before, and leaves
// evidence behind when it fails.
func (l *Lab) Use() {
	ginkgo.BeforeEach(func(ctx ginkgo.SpecContext) { l.Ready(ctx) }, ginkgo.NodeTimeout(upTimeout))
	// Before any clean-up, which would take the evidence away.
	ginkgo.JustAfterEach(func(ctx ginkgo.SpecContext) {
		if ginkgo.CurrentSpecReport().Failed() {
			l.failed = true
			l.keepEvidence(ctx)
		}
	}, ginkgo.NodeTimeout(time.Minute))
}

// Ready brings the lab up if it is not, and waits until it agrees with the oracle. A
// BeforeAll that changes something ends with it: it comes after the BeforeEach of Use, and
// whichever spec is the first has to begin on a lab that is in order.
func (l *Lab) Ready(ctx context.Context) {
	ginkgo.GinkgoHelper()
	l.ensureUp(ctx)
	gomega.Eventually(l.Sessions).WithContext(ctx).Should(Agree(), "the lab has to be in order before the spec begins")
	gomega.Eventually(l.Routes(Everything)).WithContext(ctx).Should(Agree(), "the lab has to be in order before the spec begins")
}

func (l *Lab) ensureUp(ctx context.Context) {
	if l.running != nil {
		select {
		case err := <-l.running.Died():
			l.broken = err
		default:
		}
	}
	if l.broken != nil {
		ginkgo.AbortSuite(fmt.Sprintf("broken lab: %v", l.broken))
	}
	if l.running == nil {
		l.bringUp(ctx)
	}
}

// bringUp finds the lab that was asked for, or makes one.
func (l *Lab) bringUp(ctx context.Context) {
	if err := l.find(ctx); err != nil {
		l.broken = err
		ginkgo.AbortSuite(fmt.Sprintf("broken lab: %v", err))
	}
	l.Lab, l.calicoVersion = l.running, l.running.CalicoVersion()
	// A lab may have put addresses of its own into the topology: those that Docker gave.
	l.topology = l.running.Topology()
	dynamicClient, err := dynamic.NewForConfig(l.running.Kubernetes())
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "make a client for the lab's API")
	l.Calico = datastore.New(dynamicClient)
	l.cluster, err = observe.NewCluster(l.running)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	changes, err := observe.WatchRoutes(l.suite.context, l.Lab)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	go l.routeLog.follow(l.suite.context, changes)
	// Those of a lab that was there before may do something else than its mode says.
	l.routers, err = observe.Routers(ctx, l.Lab)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	l.Client, err = klient.New(l.running.Kubernetes())
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "make a client for the lab's API")
}

func (l *Lab) find(ctx context.Context) error {
	if name := l.suite.options.lab; name != "" && !l.reference {
		found, err := launch.Attach(ctx, name)
		if err != nil {
			return err
		}
		is, needed := describe(found.Topology(), found.Mode()), describe(l.topology, l.mode)
		if is == needed {
			l.running, l.attached = found, true
			return nil
		}
		ginkgo.GinkgoWriter.Printf("Lab %s is %s; these specs need %s and get a lab of their own.\n", name, is, needed)
	}
	l.makeRoom(ctx)
	for _, warning := range l.topology.Warnings {
		ginkgo.GinkgoWriter.Println("warning:", warning)
	}
	began := time.Now()
	up, err := launch.Up(ctx, launch.Options{Provider: l.provider, Topology: l.topology, Mode: l.mode, Progress: printPhase})
	if err != nil {
		return err
	}
	ginkgo.GinkgoWriter.Printf("lab %s is ready after %.1f s\n", up.Name(), time.Since(began).Seconds())
	l.running = up
	return nil
}

// describe says what a lab is made from. Labs of the same description are alike.
func describe(t *topology.Topology, m *calico.Mode) string {
	var software []string
	for _, host := range t.Hosts {
		if host.Software != "" {
			software = append(software, fmt.Sprintf("%s on %s", host.Software, host.Name))
		}
	}
	return fmt.Sprintf("topology %s (%s) in mode %s", t.Name, strings.Join(software, ", "), m.Name)
}

func printPhase(event lab.Event) {
	switch {
	case event.Done && event.Error != "":
		ginkgo.GinkgoWriter.Printf("  %-14s failed after %5.2f s\n", event.Phase, event.Seconds)
	case event.Done:
		ginkgo.GinkgoWriter.Printf("  %-14s %5.2f s\n", event.Phase, event.Seconds)
	}
}

// down takes the lab down unless it was there before the suite or is to be kept.
func (l *Lab) down(ctx context.Context, keep bool) {
	if l.running == nil || l.attached {
		return
	}
	if keep && l.failed {
		if err := l.running.Release(); err != nil {
			ginkgo.Fail(err.Error())
		}
		if uml.Inside() {
			return // whoever runs this suite inside says by which name it is known outside
		}
		name := l.running.Name()
		fmt.Printf("\nThe lab of the failed run is kept. Enter a host of it:  rackproof lab exec --name %s %s\nRemove it:  rackproof lab down %s\n",
			name, l.topology.Nodes()[0].Name, name)
		return
	}
	if err := l.running.Down(ctx); err != nil {
		ginkgo.Fail(err.Error())
	}
}
