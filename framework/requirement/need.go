package requirement

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
)

// Need is something that a spec requires of a lab, and that a lab may lack.
type Need string

// The needs that a spec may have.
const (
	CutLinks          Need = "cut-links"
	CutEnds           Need = "cut-ends"
	ConfigureRouters  Need = "configure-routers"
	ListComponents    Need = "list-components"
	RestartComponents Need = "restart-components"
	// RestartCalicoNodes is for all programs of calico-node's container as one.
	RestartCalicoNodes Need = "restart-calico-nodes"
	ChangeInterfaces   Need = "change-interfaces"
	EnterPods          Need = "enter-pods"
	Clients            Need = "clients"
	SendFromNodes      Need = "send-from-nodes"
	SendFromSwitches   Need = "send-from-switches"
	CaptureOnNodes     Need = "capture-on-nodes"
	CaptureOnSwitches  Need = "capture-on-switches"
	// Calicoctl is for the command line of an administrator.
	Calicoctl Need = "calicoctl"
	// CalicoBIRD is for promises about the kernel filter, which stock BIRD cannot run as
	// Calico wrote it.
	CalicoBIRD Need = "calico-bird"
)

// AllNeeds are the needs that a spec may have, each with a sentence for people.
func AllNeeds() map[Need]string {
	return map[Need]string{
		CutLinks:           "links can be cut",
		CutEnds:            "one host can be cut off a link that joins several",
		ConfigureRouters:   "switches can be configured again",
		ListComponents:     "the programs on hosts are shown",
		RestartComponents:  "programs on hosts can be stopped and started",
		RestartCalicoNodes: "the whole calico-node of a node can be ended and started",
		ChangeInterfaces:   "the interfaces of nodes can be changed",
		EnterPods:          "pods can be entered, to send and to listen there",
		Clients:            "the design has a client outside the fabric that can send",
		SendFromNodes:      "nodes can be entered, to send from there",
		SendFromSwitches:   "switches can be entered, to send from there",
		CaptureOnNodes:     "packets can be recorded on nodes",
		CaptureOnSwitches:  "packets can be recorded on switches",
		CalicoBIRD:         "nodes run Calico's own BIRD, with its templates as they are",
		Calicoctl:          "calicoctl and kubectl run on nodes",
	}
}

// needPrefix begins the labels that have a spec's needs.
const needPrefix = "need:"

// Needs declares what a requirement, or every one of a container, needs of its lab. On a
// lab that lacks it the verdict is unable before the spec begins.
func Needs(needs ...Need) ginkgo.Labels {
	var labels ginkgo.Labels
	for _, need := range needs {
		labels = append(labels, needPrefix+string(need))
	}
	return labels
}

// NeedsOf finds a spec's needs among its labels, in order.
func NeedsOf(labels []string) []Need {
	var needs []Need
	for _, label := range labels {
		if need, ok := strings.CutPrefix(label, needPrefix); ok {
			needs = append(needs, Need(need))
		}
	}
	slices.Sort(needs)
	return slices.Compact(needs)
}

// Using fails the running spec if it has not declared a need that it is about to use, so
// that declarations stay true.
func Using(need Need) {
	ginkgo.GinkgoHelper()
	if fault := undeclared(ginkgo.CurrentSpecReport().Labels(), need); fault != "" {
		ginkgo.Fail(fault)
	}
}

// undeclared returns what is wrong with a use by a spec with these labels. A node that
// proves no requirement declares nothing.
func undeclared(labels []string, need Need) string {
	id := ID(labels)
	if id == "" || slices.Contains(NeedsOf(labels), need) {
		return ""
	}
	return fmt.Sprintf("%s needs that %s and does not declare it: give its Requirement, or the container whose set-up it is, the need %s",
		id, AllNeeds()[need], need)
}
