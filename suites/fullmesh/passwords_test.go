package fullmesh

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/expect"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
	"github.com/rackproof/rackproof/framework/topology"
)

// Passwords of the specs.
const (
	password      = "node-to-node"
	otherPassword = "mesh-to-mesh"
)

// refusal is how long sessions that must not come up are watched: BIRD tries to connect again
// every 5 s (connect retry time in bird.cfg.template).
const refusal = 6 * time.Second

// passwords is requirement F17 for the mesh. All of its sessions have one password, so that
// no resource makes a node that has another. One whose confd stands still while the password
// changes is such a node: its BIRD goes on with what it had.
func passwords(lab *suite.Lab) {
	Context("password of the mesh", Needs(RestartComponents), Label("security", "changes"), func() {
		Requirement("MESH-036", "with nodeMeshPassword the mesh's sessions MUST be established with that password, so that a node without it has none", func(ctx SpecContext) {
			secret := workload.NewPassword(ctx, lab, password)
			late := lab.Topology().Nodes()[0].Name
			unheard(ctx, lab, late, func() { useMeshPassword(ctx, lab, secret) })
		})

		Requirement("MESH-037", "another password in the secret of nodeMeshPassword MUST come into effect on every node, so that a node with the old one has no session", func(ctx SpecContext) {
			secret := workload.NewPassword(ctx, lab, password)
			late := lab.Topology().Nodes()[1].Name
			unheard(ctx, lab, late, func() { useMeshPassword(ctx, lab, secret) })
			unheard(ctx, lab, late, func() { secret.Change(ctx, otherPassword) })
		})
	})
}

func useMeshPassword(ctx SpecContext, lab *suite.Lab, secret *workload.Password) {
	GinkgoHelper()
	lab.ChangeBGPConfiguration(ctx, func(spec *v3.BGPConfigurationSpec) { spec.NodeMeshPassword = secret.Reference() })
}

// unheard changes the password of the mesh while a node does not hear of it. The node has to
// lose every session, and all others to have theirs with each other. When it hears of the
// password, every session has to come back.
func unheard(ctx SpecContext, lab *suite.Lab, late string, change func()) {
	GinkgoHelper()
	lab.StopComponent(ctx, late, suite.Confd)
	change()
	nodes := topology.Names(lab.Topology().Nodes())
	others := slices.DeleteFunc(slices.Clone(nodes), func(name string) bool { return name == late })
	Expect(len(others)).To(BeNumerically(">", 1), "other nodes than %s", late)
	refused := func(g Gomega) {
		for _, other := range others {
			g.Expect(observed.SessionState(ctx, lab, other, late)).NotTo(Equal(session.Established), "%s with %s", other, late)
			g.Expect(observed.SessionState(ctx, lab, late, other)).NotTo(Equal(session.Established), "%s with %s", late, other)
		}
	}
	Eventually(refused).WithContext(ctx).Should(Succeed())
	// A node that has lost its session with the late one has the new password.
	Eventually(func(g Gomega) {
		for _, one := range others {
			for _, other := range others {
				if one != other {
					g.Expect(observed.SessionState(ctx, lab, one, other)).To(Equal(session.Established), "%s with %s", one, other)
				}
			}
		}
	}).WithContext(ctx).Should(Succeed())
	Consistently(refused).WithContext(ctx).WithTimeout(refusal).Should(Succeed())

	By("letting " + late + " hear of it")
	lab.StartComponent(ctx, late, suite.Confd)
	expect.Mesh(ctx, lab)
	Eventually(expect.Routes(lab, expect.PodRoutes(lab))).WithContext(ctx).Should(expect.Agree())
}
