package suite

import (
	"errors"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
)

// succeed expects that something could be done. An operation that a lab does not support
// ends the spec with the verdict unable.
func succeed(err error, what string, arguments ...any) {
	ginkgo.GinkgoHelper()
	doing := fmt.Sprintf(what, arguments...)
	if errors.Is(err, lab.ErrUnable) {
		requirement.Rule(requirement.Ruling{Verdict: requirement.Unable, Reason: fmt.Sprintf("%s: %v", doing, err)})
	}
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), doing)
}

// unable ends the spec, which needs something that the lab does not do.
func unable(what string, l lab.Lab) {
	ginkgo.GinkgoHelper()
	succeed(fmt.Errorf("%w: labs of provider %s cannot", lab.ErrUnable, l.Provider()), "%s", what)
}
