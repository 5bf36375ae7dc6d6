package router

import (
	"context"
	"net"

	"github.com/rackproof/rackproof/framework/bgp"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/route"
	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/topology"
)

// Driver is a router's operating system: all that Rackproof knows of it. Its methods
// have no state of their own and may be called by several goroutines.
type Driver interface {
	// Software is the behaviour that the oracle computes. It does no input and output.
	bgp.Software
	// Name is what topologies, flags and messages call the software.
	Name() topology.Software
	// Render makes the files of a router. It refuses what Check refuses.
	Render(r fabric.Router) ([]File, error)
	// Folders are those that each router needs for itself.
	Folders() []Folder
	// Programs are a router's programs in the order of their start. Each must be ready
	// before the next one is started. The last one speaks BGP.
	Programs() []Program
	// Requirements are what the embedded lab needs of the machine for the programs.
	Requirements() []Requirement
	// Image is the image of labs on kind, by its name in fixtures/images/images.yaml;
	// empty where there is none.
	Image() string
	// Origin marks the software's routes in the kernel.
	Origin() route.Origin
	// Reconfigure makes the running programs of a router do what its files say, which
	// are those of the new configuration by now. Sessions that both configurations have
	// alike stay up where the software can do that. restart says that the last program
	// has to be started again: on the new files, or after an error, when part of the
	// change may be in force, on the old ones.
	Reconfigure(ctx context.Context, dial Dialer, before, after fabric.Router) (restart bool, err error)
	// Verify reports whether the programs, which all run, do what the router's files say.
	Verify(ctx context.Context, dial Dialer, r fabric.Router) error
	// Sessions reads the router's BGP sessions, ordered by peer.
	Sessions(ctx context.Context, host Host) ([]session.Session, error)
	// Paths reads what the router has learned by BGP, used or not. The paths are ordered
	// by prefix, the best one of each prefix first, and then by peer.
	Paths(ctx context.Context, host Host) ([]Path, error)
	// Evidence reads what the router says of itself, in its own words.
	Evidence(ctx context.Context, host Host, r fabric.Router) []Record
}

// Dialer opens a connection from a router's host. With network "unix" the address is a
// path in the host's file system.
type Dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// Host is a router's host in a lab. A capability that the lab lacks there gives lab.ErrUnable.
type Host interface {
	Name() string
	// DialContext is a Dialer.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// ReadFile reads a file of the host's file system.
	ReadFile(path string) ([]byte, error)
	// Run runs a command on the host and returns its standard output.
	Run(ctx context.Context, argv ...string) ([]byte, error)
}

// File is a file of a router, readable by all.
type File struct {
	Path    string
	Content []byte
}

// Folder is a folder that each router needs for itself.
type Folder struct {
	Path string
	// User is whom the folder belongs to, by the name in the host's /etc/passwd; empty
	// for root.
	User string
}

// Program is one program of a router.
type Program struct {
	Name string
	// Argv starts the program in the foreground, logging to its standard output or error.
	Argv []string
	// Ready is a socket that takes connections once the program serves.
	Ready string
}

// Requirement is a program that the embedded lab needs on the machine: in PATH, by its
// path, or in the software's folder of the cache (see component.RouterFolder).
type Requirement struct {
	Program string
	// Package is the distribution's package that has it.
	Package string
	// Command is what installs it, if that is not the package's installation.
	Command string
}

// Record is a piece of evidence.
type Record struct {
	// File is the name of the file that it goes to.
	File string
	Data []byte
	// Err says why there is no data.
	Err error
}
