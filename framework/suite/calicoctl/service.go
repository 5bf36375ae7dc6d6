package calicoctl

import (
	"context"
	"io"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
	"github.com/rackproof/rackproof/framework/suite"
)

// RunService runs a program of Calico's container on a node until the spec ends, beside the
// lab's components. One that ends by itself leaves the spec without its effect.
func RunService(l *suite.Lab, node string, argv ...string) {
	ginkgo.GinkgoHelper()
	requirement.Using(requirement.Calicoctl)
	executor, err := lab.AdministrableOf(l.Lab)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	running, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = executor.Exec(running, node, argv, nil, io.Discard, io.Discard)
	}()
	ginkgo.DeferCleanup(func() {
		stop()
		<-ended
	})
}
