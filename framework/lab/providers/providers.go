// Package providers registers the providers of labs. A new one is a folder below
// framework/lab, and a line here. Nothing else names one.
package providers

import (
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/kind"
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/netns"
)

// All are all providers, the default one first.
func All() launch.Providers {
	return launch.Providers{Linked: []lab.Provider{netns.Provider{}, kind.Provider{}}}
}
