package vyos

import (
	"fmt"
	"net/netip"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/topology"
)

// Config is what a boot configuration says that matters to a lab.
type Config struct {
	// Interfaces are the Ethernet interfaces with an IPv4 address that are not
	// disabled, in the order of the file.
	Interfaces []Interface
	// Router is what the router does in BGP. Its Host is the configuration's host
	// name, and a neighbour's its description where that could be a host's name;
	// both are empty, and the router ID is invalid, where the file does not say.
	Router fabric.Router
}

// Interface is an Ethernet interface of a router.
type Interface struct {
	Name string
	// Address is the interface's address with its network's prefix length.
	Address netip.Prefix
	// MTU is in bytes: VyOS's default, 1500, where the file does not say.
	MTU int
}

// port finds the interface whose address is as wanted.
func (c Config) port(wanted func(netip.Prefix) bool) (Interface, bool) {
	for _, i := range c.Interfaces {
		if wanted(i.Address) {
			return i, true
		}
	}
	return Interface{}, false
}

// Boot is a boot configuration that was read.
type Boot struct {
	Config
	// File is what messages call the file.
	File string
	// remarks say what a lab will not do as the file has it.
	remarks topology.Problems
	// lines are those of the statements that messages come back to, by what they are
	// about.
	lines map[any]int
}

// Remarks say what a lab will not do as the file has it, each with its line.
func (b *Boot) Remarks() []string { return texts(b.remarks) }

// at is a message about a line of the file.
func (b *Boot) at(line int, format string, args ...any) topology.Problem {
	return topology.Problem{File: b.File, Line: line, Text: fmt.Sprintf(format, args...)}
}

func texts(remarks topology.Problems) []string {
	var texts []string
	for _, r := range remarks.Sorted() {
		texts = append(texts, r.Error())
	}
	return texts
}

// The statements whose lines are kept, beside those of interfaces by their names, and
// of neighbours and networks by their addresses.
type landmark int

const (
	bgpLine landmark = iota
	routerIDLine
	hostNameLine
)

// Settings beside those of a fabric.Router, here as in labs that run FRR by itself
// (framework/router/frr, bgpd.conf.tmpl). Times are in seconds.
const (
	keepalive             = 1
	holdTime              = 3
	connectRetry          = 1
	advertisementInterval = 0
)

// The values of a neighbour's `graceful-restart`. FRR helps a neighbour that
// restarts unless told otherwise.
const (
	restartDisable = "disable"
	restartHelper  = "restart-helper"
	restartEnable  = "enable"
)

// Bounds of VyOS 1.4 and of FRR, which it runs.
const (
	defaultMTU  = 1500
	leastMTU    = 68
	mostMTU     = 16000
	mostAS      = 4294967294
	mostHops    = 254 // of ttl-security
	maxPassword = 80  // FRR's PEER_PASSWORD_MAXLEN
)
