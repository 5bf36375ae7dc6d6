package bird

import "github.com/rackproof/rackproof/framework/router"

// Places of a router's configuration and control socket. They are Debian's own, so
// that birdc finds the socket unasked. Each router needs its own of both folders.
const (
	ConfigDirectory = "/etc/bird"
	StateDirectory  = "/run/bird"
	// RouterConfig is the file that Render writes, RouterSocket the control socket.
	RouterConfig = ConfigDirectory + "/bird.conf"
	RouterSocket = StateDirectory + "/bird.ctl"
)

// Programs implements router.Driver.
func (Driver) Programs() []router.Program {
	return []router.Program{{
		Name:  "bird",
		Argv:  []string{"bird", "-f", "-c", RouterConfig, "-s", RouterSocket},
		Ready: RouterSocket,
	}}
}

// Requirements implements router.Driver.
func (Driver) Requirements() []router.Requirement {
	return []router.Requirement{
		{Program: "bird", Package: "bird"},
		// BIRD 2 has no bird6, and reads other configurations.
		{Program: "bird6", Package: "bird"},
		{Program: "birdc", Package: "bird"},
	}
}

// Folders implements router.Driver.
func (Driver) Folders() []router.Folder {
	return []router.Folder{{Path: ConfigDirectory}, {Path: StateDirectory}}
}
