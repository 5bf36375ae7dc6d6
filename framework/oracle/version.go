package oracle

import (
	"fmt"

	"github.com/rackproof/rackproof/framework/calico"
)

// CheckVersion refuses a version of Calico whose rules the oracle does not have. The
// rules change with release lines: who owns routes, what confd writes, the fields of
// resources.
func CheckVersion(text string) error {
	version, err := calico.ParseVersion(text)
	if err != nil {
		return err
	}
	if version != calicoVersion() {
		return fmt.Errorf("the cluster runs Calico %s, and the oracle has the rules of %s alone: use %s", text, calicoVersion(), calicoVersion())
	}
	return nil
}
