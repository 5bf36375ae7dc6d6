//go:build !kind

package tagged

import (
	"strings"
	"testing"
)

func TestProvidersWithoutTheirTag(t *testing.T) {
	providers := Providers()
	for name := range providers.Unlinked {
		if _, err := providers.Of(name); err == nil || !strings.Contains(err.Error(), "-tags "+name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line with the tag", name, err)
		}
	}
	if len(providers.Linked)+len(providers.Unlinked) != 2 {
		t.Errorf("got %v and without their tag %v, want two in all", providers.Names(), providers.Unlinked)
	}
}
