// Package suites has the sources of all suites, from which `rackproof catalogue` lists their
// requirements, in a clone and outside of one.
package suites

import (
	"embed"
	"io/fs"
)

//go:embed */*.go */*/*.go
var sources embed.FS

// Sources returns the Go files of all suites, by their paths from this folder on.
func Sources() fs.FS { return sources }
