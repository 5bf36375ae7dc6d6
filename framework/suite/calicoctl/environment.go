package calicoctl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/suite"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// Environment are the variables that a component of a node runs with, each as NAME=value.
func Environment(ctx context.Context, l *suite.Lab, node, component string) []string {
	ginkgo.GinkgoHelper()
	components := l.Components(ctx)
	i := slices.IndexFunc(components, func(c supervisor.Status) bool { return c.Host == node && c.Name == component })
	gomega.Expect(i).To(gomega.BeNumerically(">=", 0), "%s on %s", component, node)
	environ := Command(ctx, l, node, "", "cat", fmt.Sprintf("/proc/%d/environ", components[i].PID))
	gomega.Expect(environ.Status).To(gomega.BeZero(), environ.Complaint)
	return strings.Split(strings.Trim(environ.Output, "\x00"), "\x00")
}
