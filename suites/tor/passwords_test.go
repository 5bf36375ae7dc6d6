package tor

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
	"github.com/rackproof/rackproof/framework/suite/workload"
)

// Passwords of the specs.
const (
	password      = "leaf-and-spine"
	otherPassword = "spine-and-leaf"
)

// refusal is how long a session that must not come up is watched: several of the
// switches' attempts to connect, which are a second apart.
const refusal = 3 * time.Second

// passwords is requirement F17.
func passwords(lab *suite.Lab) {
	Context("passwords", Label("security", "changes"), func() {
		Requirement("TOR-040", "with the same password on both ends the sessions MUST be established", Needs(ConfigureRouters), func(ctx SpecContext) {
			usePassword(ctx, lab, password)
			changeToRNeighbors(ctx, lab, func(n *fabric.Neighbor) { n.Password = password })
			settled(ctx, lab)
			expectEstablished(ctx, lab)
		})

		Requirement("TOR-041", "with different passwords no session MUST come up, and with the right one put into the secret they MUST", Needs(ConfigureRouters), func(ctx SpecContext) {
			secret := usePassword(ctx, lab, otherPassword)
			changeToRNeighbors(ctx, lab, func(n *fabric.Neighbor) { n.Password = password })
			settled(ctx, lab)
			expectRefused(ctx, lab)

			By("correcting the secret")
			secret.Change(ctx, password)
			settled(ctx, lab)
			expectEstablished(ctx, lab)
		})

		Requirement("TOR-042", "a secret that is not there MUST leave the sessions without a password, and Calico take the password as soon as the secret is there", Needs(ConfigureRouters), func(ctx SpecContext) {
			secret := workload.AllowPassword(ctx, lab)
			// A missing password does not show. The filter comes with it, and its
			// effect shows.
			management := lab.Topology().Management.Prefix
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Accept, v3.Equal, management)}})
			changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.Password, spec.Filters = secret.Reference(), []string{filter} })
			settled(ctx, lab)
			for _, tor := range tors(lab) {
				Expect(observed.NextHops(ctx, lab, tor, management)).To(ConsistOf(nodes(lab)), "%s: %s", tor, management)
			}
			expectEstablished(ctx, lab)

			By("asking for a password at the switches: without the secret no session has one")
			changeToRNeighbors(ctx, lab, func(n *fabric.Neighbor) { n.Password = password })
			settled(ctx, lab)
			expectRefused(ctx, lab)

			By("creating the secret")
			secret.Create(ctx, password)
			settled(ctx, lab)
			expectEstablished(ctx, lab)
		})
	})
}

// usePassword has the nodes use a password with the switches.
func usePassword(ctx SpecContext, lab *suite.Lab, text string) *workload.Password {
	GinkgoHelper()
	secret := workload.NewPassword(ctx, lab, text)
	changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.Password = secret.Reference() })
	return secret
}

// expectRefused expects that no session of a node with a switch comes up. A switch that was
// configured again has lost all of them for a moment, and then the tables agree.
func expectRefused(ctx SpecContext, lab *suite.Lab) {
	GinkgoHelper()
	Consistently(func(ctx SpecContext) (int, error) { return established(ctx, lab) }).WithContext(ctx).WithTimeout(refusal).Should(BeZero(), "sessions of nodes with switches")
}

// established counts the sessions of nodes with switches that are up.
func established(ctx SpecContext, lab *suite.Lab) (int, error) {
	got, err := observe.Sessions(ctx, lab.Lab)
	count := 0
	for _, node := range nodes(lab) {
		for _, s := range got[node] {
			if s.Kind == session.Global && s.State == session.Established {
				count++
			}
		}
	}
	return count, err
}
