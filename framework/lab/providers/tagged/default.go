//go:build !kind

package tagged

import (
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/netns"
)

// Providers are the providers that this program has, the default one first.
func Providers() launch.Providers {
	return launch.Providers{
		Linked:   []lab.Provider{netns.Provider{}},
		Unlinked: map[string]string{"kind": "build it with the tag kind (go test -tags kind, or GOFLAGS=-tags=kind)"},
	}
}
