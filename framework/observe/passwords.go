package observe

import (
	"context"
	"fmt"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// PasswordNamespace is where calico-node looks for the secrets that BGPPeers name:
// the namespace that it runs in, in a lab as in Calico's manifest.
const PasswordNamespace = "kube-system"

// passwords reads the passwords of BGPPeers by the BGPPeer's name. A secret or a
// key that is not there gives none, as for Calico.
func passwords(ctx context.Context, client kubernetes.Interface, peers []v3.BGPPeer) (map[string]string, error) {
	found := map[string]string{}
	for _, peer := range peers {
		if peer.Spec.Password == nil || peer.Spec.Password.SecretKeyRef == nil {
			continue
		}
		ref := peer.Spec.Password.SecretKeyRef
		secret, err := client.CoreV1().Secrets(PasswordNamespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the password of BGPPeer %s: %w", peer.Name, err)
		}
		found[peer.Name] = string(secret.Data[ref.Key])
	}
	return found, nil
}
