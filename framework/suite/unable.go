package suite

import (
	"errors"
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/requirement"
)

// markUnable formats errors for Gomega's failure messages: Suite.fail finds lab.ErrUnable
// there, whatever assertion met it.
func markUnable(value any) (string, bool) {
	if err, ok := value.(error); ok && errors.Is(err, lab.ErrUnable) {
		return requirement.MarkUnable(err), true
	}
	return "", false
}

// succeed expects that something could be done. By lab.ErrUnable it ends the spec with the
// verdict unable.
func succeed(err error, what string, arguments ...any) {
	ginkgo.GinkgoHelper()
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), fmt.Sprintf(what, arguments...))
}
