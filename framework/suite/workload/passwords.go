package workload

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/e2e-framework/klient/k8s"

	"github.com/rackproof/rackproof/framework/observe"
	"github.com/rackproof/rackproof/framework/suite"
)

// passwordKey is the key of a Password in its secret.
const passwordKey = "bgp"

// Password is a password for BGP sessions that calico-node may read out of a secret.
type Password struct {
	lab    *suite.Lab
	secret *corev1.Secret
}

// AllowPassword lets calico-node read a password until the spec ends, as Calico's
// documentation has it ("Configure BGP peering", section on passwords). There is no secret
// before Create.
//
// The secret has a name that none has had before. One that was deleted while a resource
// named it, and is created again, ends confd v3.31.0 by a panic: its watch lives on and
// finds no place for the secret (updateSecret in confd's secret_watcher.go).
func AllowPassword(ctx context.Context, l *suite.Lab) *Password {
	ginkgo.GinkgoHelper()
	name := "bgp-passwords-" + strings.ToLower(rand.Text()[:8])
	meta := metav1.ObjectMeta{Name: name, Namespace: observe.PasswordNamespace}
	p := &Password{lab: l, secret: &corev1.Secret{ObjectMeta: meta}}
	p.create(ctx, &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{name}, Verbs: []string{"get", "list", "watch"},
	}}})
	p.create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "calico-node", Namespace: observe.PasswordNamespace}},
	})
	return p
}

// NewPassword makes a password that lasts until the spec ends.
func NewPassword(ctx context.Context, l *suite.Lab, text string) *Password {
	ginkgo.GinkgoHelper()
	p := AllowPassword(ctx, l)
	p.Create(ctx, text)
	return p
}

// Create makes the secret.
func (p *Password) Create(ctx context.Context, text string) {
	ginkgo.GinkgoHelper()
	p.secret.Data = map[string][]byte{passwordKey: []byte(text)}
	p.create(ctx, p.secret)
}

// Change puts another password into the secret.
func (p *Password) Change(ctx context.Context, text string) {
	ginkgo.GinkgoHelper()
	p.secret.Data[passwordKey] = []byte(text)
	gomega.Expect(p.lab.Client.Resources().Update(ctx, p.secret)).To(gomega.Succeed(), "change secret %s", p.secret.Name)
}

// Reference is how Calico's resources name the password.
func (p *Password) Reference() *v3.BGPPassword {
	return &v3.BGPPassword{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: p.secret.Name}, Key: passwordKey,
	}}
}

// create creates an object until the spec ends.
func (p *Password) create(ctx context.Context, object k8s.Object) {
	ginkgo.GinkgoHelper()
	gomega.Expect(p.lab.Client.Resources().Create(ctx, object)).To(gomega.Succeed(), "create %T %s", object, object.GetName())
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		gomega.Expect(p.lab.Client.Resources().Delete(ctx, object)).To(gomega.Succeed())
	})
}
