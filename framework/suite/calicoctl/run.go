package calicoctl

import (
	"bytes"
	"context"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
)

// Answer is what became of a command.
type Answer struct {
	// Status is the exit status.
	Status int
	// Output and Complaint are what it wrote to standard output and standard error.
	Output, Complaint string
}

// Run runs calicoctl on a node and returns what it prints. A command that fails fails the spec.
func Run(ctx context.Context, l *suite.Lab, node string, arguments ...string) string {
	ginkgo.GinkgoHelper()
	return succeeded(Command(ctx, l, node, "", append([]string{"calicoctl"}, arguments...)...), arguments)
}

// Kubectl runs kubectl as Run does calicoctl.
func Kubectl(ctx context.Context, l *suite.Lab, node string, arguments ...string) string {
	ginkgo.GinkgoHelper()
	return succeeded(Command(ctx, l, node, "", append([]string{"kubectl"}, arguments...)...), arguments)
}

// Apply gives files to `calicoctl apply -f -`, one after the other. Whoever calls it has
// called suite.Lab.RestoreDesign before.
func Apply(ctx context.Context, l *suite.Lab, node string, files ...[]byte) {
	ginkgo.GinkgoHelper()
	for _, file := range files {
		arguments := []string{"apply", "-f", "-"}
		output := succeeded(Command(ctx, l, node, string(file), append([]string{"calicoctl"}, arguments...)...), arguments)
		gomega.Expect(output).To(gomega.HavePrefix("Successfully applied 1 "), "calicoctl apply of\n%s", file)
	}
}

// Command runs any program on a node as an administrator, with a text as its standard input.
func Command(ctx context.Context, l *suite.Lab, node, input string, argv ...string) Answer {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.Calicoctl)
	administrable, err := lab.AdministrableOf(l.Lab)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	var output, complaint bytes.Buffer
	status, err := administrable.Exec(ctx, node, argv, strings.NewReader(input), &output, &complaint)
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), "%s on %s", strings.Join(argv, " "), node)
	return Answer{Status: status, Output: output.String(), Complaint: complaint.String()}
}

func succeeded(answer Answer, arguments []string) string {
	ginkgo.GinkgoHelper()
	gomega.Expect(answer.Status).To(gomega.BeZero(), "%s: %s", strings.Join(arguments, " "), lab.ErrorTail(answer.Complaint))
	return answer.Output
}
