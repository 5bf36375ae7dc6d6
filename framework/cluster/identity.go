package cluster

import (
	"crypto/rand"
	"fmt"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// identity is a user of the API server with a token of this lab's own. The names
// are those for which Kubernetes' and Calico's own roles are made, so RBAC holds
// as in any cluster.
type identity struct {
	user   string
	groups []string
	token  string
}

// identities are the users that a lab's components are.
type identities struct {
	admin, controllerManager, scheduler, proxy, agent, calicoNode, calicoCNI, canal identity
}

func newIdentities() identities {
	// The agent acts for every node, so it is none of them and acts as an
	// administrator, unlike a kubelet. So does the controller manager, which would
	// otherwise have to be some thirty service accounts.
	return identities{
		admin:             newIdentity("admin", "system:masters"),
		controllerManager: newIdentity("system:kube-controller-manager", "system:masters"),
		scheduler:         newIdentity("system:kube-scheduler"),
		proxy:             newIdentity("system:kube-proxy"),
		agent:             newIdentity("rackproof-agent", "system:masters"),
		calicoNode:        newIdentity("system:serviceaccount:kube-system:calico-node"),
		calicoCNI:         newIdentity("system:serviceaccount:kube-system:calico-cni-plugin"),
		canal:             newIdentity("system:serviceaccount:kube-system:canal"),
	}
}

func newIdentity(user string, groups ...string) identity {
	return identity{user: user, groups: groups, token: rand.Text()}
}

// tokenFile is the API server's --token-auth-file.
func (i identities) tokenFile() []byte {
	var b strings.Builder
	for n, id := range []identity{i.admin, i.controllerManager, i.scheduler, i.proxy, i.agent, i.calicoNode, i.calicoCNI, i.canal} {
		fmt.Fprintf(&b, "%s,%s,%d,%q\n", id.token, id.user, n, strings.Join(id.groups, ","))
	}
	return []byte(b.String())
}

// restConfig is a client configuration for an identity.
func (i identity) restConfig(server string, ca []byte) *rest.Config {
	return &rest.Config{
		Host:            server,
		BearerToken:     i.token,
		TLSClientConfig: rest.TLSClientConfig{CAData: ca},
		// A lab's clients are few and near; client-go's defaults are for many.
		QPS: 1000, Burst: 2000,
	}
}

// kubeconfig is the same as a file.
func (i identity) kubeconfig(server string, ca []byte) ([]byte, error) {
	const name = "rackproof"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: i.token}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	data, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("write the kubeconfig of %s: %w", i.user, err)
	}
	return data, nil
}
