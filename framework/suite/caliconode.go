package suite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
)

// WithoutBGP reports whether the lab's nodes speak no BGP.
func (l *Lab) WithoutBGP() bool { return l.mode.WithoutBGP() }

// calicoNode is what a spec has made of a node's calico-node.
type calicoNode struct {
	ended bool
	// changed says that it runs with settings that are not the lab's own.
	changed bool
}

// EndCalicoNode ends a node's whole calico-node as a kubelet does when its pod is deleted,
// until the spec ends or StartCalicoNode is called.
func (l *Lab) EndCalicoNode(ctx context.Context, node string) {
	ginkgo.GinkgoHelper()
	l.touchCalicoNode(node).ended = true
	succeed(l.calicoNodeController().EndCalicoNode(ctx, node), "end calico-node on %s", node)
}

// StartCalicoNode starts a node's whole calico-node, with variables of its environment that
// hold until it is started again or the spec ends.
func (l *Lab) StartCalicoNode(ctx context.Context, node string, settings map[string]string) {
	ginkgo.GinkgoHelper()
	touched := l.touchCalicoNode(node)
	// A start that fails half way is ended again at the end of the spec.
	touched.ended, touched.changed = false, true
	succeed(l.calicoNodeController().StartCalicoNode(ctx, node, settings), "start calico-node on %s", node)
	touched.changed = len(settings) > 0
}

// RestartCalicoNode is what a roll-out of calico-node's DaemonSet does on one node.
func (l *Lab) RestartCalicoNode(ctx context.Context, node string, settings map[string]string) {
	ginkgo.GinkgoHelper()
	l.EndCalicoNode(ctx, node)
	l.StartCalicoNode(ctx, node, settings)
}

// CalicoNodeSays runs one of calico-node's own commands on a node, a probe say. The error of
// one that fails has what it prints.
func (l *Lab) CalicoNodeSays(ctx context.Context, node string, arguments ...string) error {
	requirement.Using(requirement.RestartCalicoNodes)
	controller, err := lab.CalicoNodeControllerOf(l.Lab)
	if err != nil {
		return err
	}
	said, err := controller.RunCalicoNode(ctx, node, arguments...)
	if err != nil {
		return fmt.Errorf("%w%s", err, lab.ErrorTail(string(said)))
	}
	return nil
}

func (l *Lab) calicoNodeController() lab.CalicoNodeController {
	ginkgo.GinkgoHelper()
	controller, err := lab.CalicoNodeControllerOf(l.Lab)
	succeed(err, "end and start a node's calico-node")
	return controller
}

// touchCalicoNode remembers that a spec ends or starts a node's calico-node. At the end of the
// spec it runs with the lab's own settings.
func (l *Lab) touchCalicoNode(node string) *calicoNode {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.RestartCalicoNodes)
	for key := range l.components {
		if key.host == node && isCalicos(key.name) {
			l.asked(key.host, key.name)
		}
	}
	if touched := l.calicoNodes[node]; touched != nil {
		return touched
	}
	touched := &calicoNode{}
	if l.calicoNodes == nil {
		l.calicoNodes = map[string]*calicoNode{}
	}
	l.calicoNodes[node] = touched
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) {
		delete(l.calicoNodes, node)
		controller := l.calicoNodeController()
		if touched.changed && !touched.ended {
			succeed(controller.EndCalicoNode(ctx, node), "end calico-node on %s", node)
			touched.ended = true
		}
		if touched.ended {
			succeed(controller.StartCalicoNode(ctx, node, nil), "start calico-node on %s", node)
		}
		// Its preStop may have told Kubernetes that the node has no network: then no pod
		// comes to it until calico-node has taken that back.
		gomega.Eventually(l.withoutNetwork).WithContext(ctx).WithTimeout(networkTimeout).WithArguments(node).Should(gomega.BeFalse(), "%s has no network by its taint", node)
	}, ginkgo.NodeTimeout(upTimeout))
	return touched
}

// networkTimeout bounds how long calico-node may take after its start to tell Kubernetes that
// the node has a network.
const networkTimeout = time.Minute

// withoutNetwork reports whether Kubernetes keeps pods away from a node as it has no network.
func (l *Lab) withoutNetwork(ctx context.Context, node string) (bool, error) {
	var found corev1.Node
	if err := l.Client.Resources().Get(ctx, node, "", &found); err != nil {
		return false, err
	}
	return slices.ContainsFunc(found.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNetworkUnavailable }), nil
}

// isCalicos reports whether a component of a node is one of calico-node's programs.
func isCalicos(name string) bool {
	return name == BIRD || strings.HasPrefix(name, calicoPrefix)
}

// calicoPrefix begins the names of calico-node's components, but for BIRD's.
const calicoPrefix = "calico-"
