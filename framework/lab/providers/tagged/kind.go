//go:build kind

package tagged

import (
	"github.com/rackproof/rackproof/framework/lab/launch"
	"github.com/rackproof/rackproof/framework/lab/providers"
)

// Providers are the providers that this program has, the default one first.
func Providers() launch.Providers { return providers.All() }
