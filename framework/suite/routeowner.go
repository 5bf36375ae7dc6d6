package suite

import (
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/requirement"
)

// RouteOwner is who programs the routes between nodes in the lab's own mode.
func (l *Lab) RouteOwner() calico.RouteOwner { return l.mode.RouteOwner }

// KnownWhere marks a requirement with an issue that breaks it where one of the two
// programs the routes between nodes. Its spec has IssueWhere.
func (l *Lab) KnownWhere(owner calico.RouteOwner, number string) ginkgo.Labels {
	if l.RouteOwner() == owner {
		return requirement.Known(number)
	}
	return nil
}

// IssueWhere is requirement.KnownIssue where an issue breaks the promise, and elsewhere
// the promise has to be kept.
func (l *Lab) IssueWhere(ctx ginkgo.SpecContext, owner calico.RouteOwner, number string, promise, symptom func(g gomega.Gomega)) {
	ginkgo.GinkgoHelper()
	if l.RouteOwner() == owner {
		requirement.KnownIssue(ctx, l, number, promise, symptom)
		return
	}
	promise(gomega.NewGomega(ginkgo.Fail))
}
