//go:build !kind

package tagged

import (
	"slices"
	"strings"
	"testing"

	all "github.com/rackproof/rackproof/framework/lab/providers"
)

func TestProvidersWithoutTheirTag(t *testing.T) {
	providers := Providers()
	for name := range providers.Unlinked {
		if _, err := providers.Of(name); err == nil || !strings.Contains(err.Error(), "-tags "+name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line with the tag", name, err)
		}
	}
	for _, one := range all.All().Linked {
		_, unlinked := providers.Unlinked[one.Name()]
		if slices.Contains(providers.Names(), one.Name()) == unlinked {
			t.Errorf("provider %s: link it in default.go, or say there by which tag it is linked", one.Name())
		}
	}
}
