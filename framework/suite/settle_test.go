package suite

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/topology"
)

// settleVariable names the file for the order of clean-up of the specs below.
const settleVariable = "RACKPROOF_TEST_SETTLE"

// TestServicesAreDeletedFirst verifies that clean-up deletes what DeleteFirst was given
// before it takes a change back that was made later, and that it does not delete what an
// ordered container shares.
func TestServicesAreDeletedFirst(t *testing.T) {
	if path := os.Getenv(settleVariable); path != "" {
		runSettle(t, path)
		return
	}
	data, output, err := rerun(t, settleVariable)
	if err != nil {
		t.Fatalf("run the specs: %v\n%s", err, output)
	}
	want := []string{
		"delete service", "undo later", "undo earlier", // a spec of its own
		"undo in spec", "undo in last spec", "delete shared service", // an ordered container
	}
	got := strings.Split(string(data), "\n")
	if !slices.Equal(got, want) {
		t.Errorf("clean-up ran\n%q, want\n%q", got, want)
	}
}

func runSettle(t *testing.T, path string) {
	var order []string
	lab := &Lab{topology: &topology.Topology{}}
	note := func(what string) func(context.Context) {
		done := false
		return func(context.Context) {
			if !done {
				order = append(order, what)
			}
			done = true
		}
	}
	gomega.RegisterFailHandler(ginkgo.Fail)
	ginkgo.Describe("clean-up", func() { // Ginkgo runs what is at the top in random order
		ginkgo.It("spec", func() {
			lab.UndoAfter(note("undo earlier"))
			lab.DeleteFirst(note("delete service"))
			lab.UndoAfter(note("undo later"))
		})
		ginkgo.Context("container", ginkgo.Ordered, func() {
			ginkgo.BeforeAll(func() { lab.DeleteFirst(note("delete shared service")) })
			ginkgo.It("spec", func() { lab.UndoAfter(note("undo in spec")) })
			ginkgo.It("last spec", func() { lab.UndoAfter(note("undo in last spec")) })
		})
	})
	ginkgo.RunSpecs(t, "settle")
	if err := os.WriteFile(path, []byte(strings.Join(order, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}
