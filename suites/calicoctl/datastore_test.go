package calicoctl

import (
	"encoding/json"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	labs "github.com/rackproof/rackproof/framework/lab"
	. "github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/suite/calicoctl"
	"github.com/rackproof/rackproof/framework/suite/observed"
)

// datastore is how calicoctl finds the cluster: articles 3 and 4 give it variables or a file.
func datastore(lab *suite.Lab) {
	Context("the way to the datastore", Needs(Calicoctl), func() {
		Requirement("CTL-013", "calicoctl MUST find the cluster by article 3's variables, by article 4's, and by article 3's calicoctl.cfg, and by none of them not", func(ctx SpecContext) {
			administrable, err := labs.AdministrableOf(lab.Lab)
			Expect(err).NotTo(HaveOccurred())
			node, kubeconfig := nodesOf(lab)[0], administrable.AdminKubeconfig()
			DeferCleanup(func(ctx SpecContext) {
				calicoctl.Command(ctx, lab, node, "", "rm", "-rf", "/etc/calico/calicoctl.cfg", "/root/.kube")
			})
			get := func(variables ...string) calicoctl.Answer {
				argv := append([]string{"env", "-u", "DATASTORE_TYPE", "-u", "KUBECONFIG"}, variables...)
				return calicoctl.Command(ctx, lab, node, "", append(argv, "calicoctl", "get", "nodes", "-o", "json")...)
			}
			expectNodes := func(way string, answer calicoctl.Answer) {
				GinkgoHelper()
				Expect(answer.Status).To(BeZero(), "%s: %s", way, answer.Complaint)
				var list struct {
					Items []struct {
						Metadata struct{ Name string }
						Spec     struct {
							BGP struct {
								ASNumber    uint32
								IPv4Address string
							}
						}
					}
				}
				Expect(json.Unmarshal([]byte(answer.Output), &list)).To(Succeed())
				Expect(list.Items).To(HaveLen(len(nodesOf(lab))), way)
				for _, item := range list.Items {
					Expect(item.Spec.BGP.IPv4Address).To(Equal(lab.Node(item.Metadata.Name).Interfaces[0].Addresses[0].String()), way)
					Expect(item.Spec.BGP.ASNumber).To(Equal(observed.Node(ctx, lab, item.Metadata.Name).AS), "%s: AS number of %s", way, item.Metadata.Name)
				}
			}

			Expect(get().Status).NotTo(BeZero(), "without variables and file")
			expectNodes("article 3's variables", get("DATASTORE_TYPE=kubernetes", "KUBECONFIG="+kubeconfig))
			expectNodes("article 4's variables", get("CALICO_DATASTORE_TYPE=kubernetes", "CALICO_KUBECONFIG="+kubeconfig))

			By("the file /etc/calico/calicoctl.cfg, which names /root/.kube/config")
			written := calicoctl.Command(ctx, lab, node, string(read(3, "calicoctl.cfg")[0]), "sh", "-ec",
				"cat >/etc/calico/calicoctl.cfg; mkdir -p /root/.kube; cp "+kubeconfig+" /root/.kube/config")
			Expect(written.Status).To(BeZero(), written.Complaint)
			expectNodes("article 3's file", get())
		})
	})
}
