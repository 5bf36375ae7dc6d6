package frr

import "github.com/rackproof/rackproof/framework/router"

// User is whom FRR's daemons run as: they start as root and change to
// it. StateDirectory must belong to them when the daemons start, and they must
// be able to read ConfigDirectory.
const User = "frr"

// ConfigDirectory and StateDirectory are Debian's places of FRR's configuration
// and of its sockets and process ids. Each router needs its own of both.
const (
	ConfigDirectory = "/etc/frr"
	StateDirectory  = "/run/frr"
)

const (
	zebraConfig = ConfigDirectory + "/zebra.conf"
	bgpdConfig  = ConfigDirectory + "/bgpd.conf"
	vtyshConfig = ConfigDirectory + "/vtysh.conf"
)

// Programs implements router.Driver. Each must be ready before the next one is started:
// a bgpd that does not find zebra tries again after 10 seconds only, and until then
// installs no route.
func (Driver) Programs() []router.Program {
	return []router.Program{
		// zebra opens this socket after the one that bgpd connects to.
		{Name: "zebra", Argv: argv("zebra", zebraConfig), Ready: zebraSocket},
		{Name: "bgpd", Argv: argv("bgpd", bgpdConfig), Ready: bgpdSocket},
	}
}

// argv leaves out the daemons' TCP terminals (-P 0): vtysh uses sockets.
func argv(daemon, config string) []string {
	return []string{programFolder + "/" + daemon, "-P", "0", "-f", config, "--log", "stdout"}
}

// programFolder is where Debian has FRR's daemons.
const programFolder = "/usr/lib/frr"

// Requirements implements router.Driver.
func (Driver) Requirements() []router.Requirement {
	return []router.Requirement{
		{Program: programFolder + "/zebra", Package: "frr"},
		{Program: programFolder + "/bgpd", Package: "frr"},
		{Program: "vtysh", Package: "frr"},
	}
}

// Folders implements router.Driver. The state folder is FRR's own, because its daemons
// give up root.
func (Driver) Folders() []router.Folder {
	return []router.Folder{{Path: ConfigDirectory}, {Path: StateDirectory, User: User}}
}
