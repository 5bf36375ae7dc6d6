package bird2

import "github.com/rackproof/rackproof/framework/router"

// Places of a router's configuration and control socket. They are Debian's own, so
// that birdc finds the socket unasked. Each router needs its own of both folders.
const (
	configFolder = "/etc/bird"
	stateFolder  = "/run/bird"
	configFile   = configFolder + "/bird.conf"
	socket       = stateFolder + "/bird.ctl"
)

// program is what install.sh calls BIRD 2's daemon.
const program = "bird2"

// Programs implements router.Driver.
func (Driver) Programs() []router.Program {
	return []router.Program{{Name: program, Argv: []string{program, "-f", "-c", configFile, "-s", socket}, Ready: socket}}
}

// Requirements implements router.Driver.
func (Driver) Requirements() []router.Requirement {
	return []router.Requirement{{Program: program, Package: "bird2", Command: "make router-bird2"}}
}

// Folders implements router.Driver.
func (Driver) Folders() []router.Folder {
	return []router.Folder{{Path: configFolder}, {Path: stateFolder}}
}
