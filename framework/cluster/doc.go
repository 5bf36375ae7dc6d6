// Package cluster is the embedded Kubernetes: a control plane, and on every node
// kube-proxy, Calico (startup, Felix, confd), BIRD and an agent in the kubelet's
// place. In Canal flannel runs instead of confd and BIRD. All of them are the real programs. The package runs inside a lab, as the
// lab's supervisor; it knows a lab's hosts as namespaces and knows no tests.
package cluster
