package bird

// Places of a router's configuration and control socket. They are Debian's own, so
// that birdc finds the socket unasked. Each router needs its own of both folders.
const (
	ConfigDirectory = "/etc/bird"
	StateDirectory  = "/run/bird"
	// RouterConfig is the file that Render writes, RouterSocket the control socket.
	RouterConfig = ConfigDirectory + "/bird.conf"
	RouterSocket = StateDirectory + "/bird.ctl"
)

// Daemon is the one program of a router.
type Daemon struct {
	Name string
	// Argv starts the daemon in the foreground, logging to its standard error.
	Argv []string
	// Ready is a socket that is there once the daemon serves.
	Ready string
}

// RouterDaemon is how BIRD is started on a router.
func RouterDaemon() Daemon {
	return Daemon{
		Name:  "bird",
		Argv:  []string{"bird", "-f", "-c", RouterConfig, "-s", RouterSocket},
		Ready: RouterSocket,
	}
}
