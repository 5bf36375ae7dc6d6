package bird

import (
	"embed"
	"io/fs"
)

//go:embed client.go configure.go reload.go reloader.go status.go
var sources embed.FS

// ReloadSources has the files of this package that a reload needs, Client and Reloader.
// They need no other package than the standard library's, so that images are given a
// small program that is made of them, wherever this one was built.
func ReloadSources() fs.FS { return sources }
