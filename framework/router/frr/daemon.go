package frr

// User and Group are whom FRR's daemons run as: they start as root and change to
// it. StateDirectory must belong to them when the daemons start, and they must
// be able to read ConfigDirectory.
const (
	User  = "frr"
	Group = "frr"
)

// ConfigDirectory and StateDirectory are Debian's places of FRR's configuration
// and of its sockets and process ids. Each router needs its own of both.
const (
	ConfigDirectory = "/etc/frr"
	StateDirectory  = "/var/run/frr"
)

const (
	zebraConfig = ConfigDirectory + "/zebra.conf"
	bgpdConfig  = ConfigDirectory + "/bgpd.conf"
	vtyshConfig = ConfigDirectory + "/vtysh.conf"
)

// Daemon is one program of a router.
type Daemon struct {
	Name string
	// Argv starts the daemon in the foreground, logging to its standard output.
	Argv []string
	// Ready is a socket that is there once the daemon serves.
	Ready string
}

// Daemons are a router's programs in the order of their start. Each must be
// Ready before the next one is started: a bgpd that does not find zebra tries
// again after 10 seconds only, and until then installs no route.
func Daemons() []Daemon {
	return []Daemon{
		// zebra opens this socket after the one that bgpd connects to.
		{Name: "zebra", Argv: argv("zebra", zebraConfig), Ready: zebraSocket},
		{Name: "bgpd", Argv: argv("bgpd", bgpdConfig), Ready: bgpdSocket},
	}
}

// argv leaves out the daemons' TCP terminals (-P 0): vtysh uses sockets.
func argv(daemon, config string) []string {
	return []string{"/usr/lib/frr/" + daemon, "-P", "0", "-f", config, "--log", "stdout"}
}
