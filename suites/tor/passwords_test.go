package tor

import (
	"crypto/rand"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/e2e-framework/klient/k8s"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/observe"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// Passwords of the specs, and their key in a secret.
const (
	secretKey = "tor"

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
			Consistently(func(ctx SpecContext) (int, error) { return established(ctx, lab) }).WithContext(ctx).WithTimeout(refusal).Should(BeZero(), "sessions of nodes with switches")

			By("correcting the secret")
			secret.Data[secretKey] = []byte(password)
			Expect(lab.Client.Resources().Update(ctx, secret)).To(Succeed())
			settled(ctx, lab)
			expectEstablished(ctx, lab)
		})

		Requirement("TOR-042", "a secret that is not there MUST leave the sessions without a password, and Calico take the password as soon as the secret is there", Needs(ConfigureRouters), func(ctx SpecContext) {
			name := newSecretName()
			allowSecret(ctx, lab, name)
			// A missing password does not show. The filter comes with it, and its
			// effect shows.
			management := lab.Topology().Management.Prefix
			lab.ApplyBGPFilter(ctx, filter, v3.BGPFilterSpec{ExportV4: []v3.BGPFilterRuleV4{rule(v3.Accept, v3.Equal, management)}})
			changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.Password, spec.Filters = passwordIn(name), []string{filter} })
			settled(ctx, lab)
			for _, tor := range tors(lab) {
				Expect(observed.NextHops(ctx, lab, tor, management)).To(ConsistOf(nodes(lab)), "%s: %s", tor, management)
			}
			expectEstablished(ctx, lab)

			By("asking for a password at the switches: without the secret no session has one")
			changeToRNeighbors(ctx, lab, func(n *fabric.Neighbor) { n.Password = password })
			settled(ctx, lab)
			Expect(established(ctx, lab)).To(BeZero(), "sessions of nodes with switches")

			By("creating the secret")
			createSecret(ctx, lab, name, password)
			settled(ctx, lab)
			expectEstablished(ctx, lab)
		})
	})
}

// usePassword has the nodes use a password with the switches.
func usePassword(ctx SpecContext, lab *suite.Lab, text string) *corev1.Secret {
	GinkgoHelper()
	name := newSecretName()
	allowSecret(ctx, lab, name)
	secret := createSecret(ctx, lab, name, text)
	changeToRPeers(ctx, lab, func(spec *v3.BGPPeerSpec) { spec.Password = passwordIn(name) })
	return secret
}

// newSecretName is a name that no secret has had before. A secret that was deleted
// while a BGPPeer named it, and is created again, ends confd v3.31.0 by a panic: its
// watch lives on and finds no place for the secret (updateSecret in confd's
// secret_watcher.go).
func newSecretName() string { return "bgp-passwords-" + strings.ToLower(rand.Text()[:8]) }

// allowSecret lets calico-node read the secret, as Calico's documentation has it
// ("Configure BGP peering", section on passwords).
func allowSecret(ctx SpecContext, lab *suite.Lab, name string) {
	GinkgoHelper()
	create(ctx, lab, &rbacv1.Role{ObjectMeta: secretMeta(name), Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{name}, Verbs: []string{"get", "list", "watch"},
	}}})
	create(ctx, lab, &rbacv1.RoleBinding{
		ObjectMeta: secretMeta(name),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "calico-node", Namespace: observe.PasswordNamespace}},
	})
}

func createSecret(ctx SpecContext, lab *suite.Lab, name, text string) *corev1.Secret {
	GinkgoHelper()
	secret := &corev1.Secret{ObjectMeta: secretMeta(name), Data: map[string][]byte{secretKey: []byte(text)}}
	create(ctx, lab, secret)
	return secret
}

func secretMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: observe.PasswordNamespace}
}

// create creates an object until the spec ends.
func create(ctx SpecContext, lab *suite.Lab, object k8s.Object) {
	GinkgoHelper()
	Expect(lab.Client.Resources().Create(ctx, object)).To(Succeed(), "create %T %s", object, object.GetName())
	DeferCleanup(func(ctx SpecContext) { Expect(lab.Client.Resources().Delete(ctx, object)).To(Succeed()) })
}

func passwordIn(name string) *v3.BGPPassword {
	return &v3.BGPPassword{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: secretKey}}
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
