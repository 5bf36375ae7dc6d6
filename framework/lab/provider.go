package lab

import (
	"context"
	"errors"
	"io"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab/standin"
	"github.com/rackproof/rackproof/framework/topology"
)

// Provider brings labs up, finds them again and takes them down. Its folder below
// framework/lab has everything particular to it, and framework/lab/providers registers it.
type Provider interface {
	// Name is what flags, lists and reports call the provider.
	Name() string
	// RunIfPart turns this process into a part of a lab if the provider has started it as
	// one, and does not return then. A program that brings labs up calls it before anything
	// else.
	RunIfPart()
	// CalicoVersion is the version of Calico that the provider's labs run.
	CalicoVersion() (string, error)
	// CalicoBIRD reports whether the provider's labs run Calico's own BIRD: the program
	// that is named, or where none is the one that the provider finds. A program that is
	// none is an error.
	CalicoBIRD(ctx context.Context, program string) (bool, error)
	// Check reports whether the provider can bring a lab up on this machine. It makes
	// nothing. A gap of the kernel is a *capability.Error.
	Check(ctx context.Context, options Options) error
	// Phases are the phases of Up, in the order in which they begin. Some run side by side.
	Phases() []string
	// Up brings a lab up. It returns when every component runs; sessions and pods come up
	// afterwards. The lab ends with this process unless it is released.
	Up(ctx context.Context, options Options) (Running, error)
	// Attach finds a lab that is up. It returns registry.ErrNoLab for one that is not
	// there, and ErrOtherKernel for one that only a program in its virtual machine can use.
	Attach(ctx context.Context, name string) (Running, error)
	// List lists the provider's labs on this machine, dead ones too.
	List() ([]Listed, error)
	// GC removes what killed labs have left and returns their names. It touches no lab
	// that lives.
	GC(ctx context.Context) ([]string, error)
	// Down takes a lab down by its name, also one that is still being made.
	Down(ctx context.Context, name string) error
	// Crowded reports whether a lab takes so much of the machine that two do not fit.
	Crowded() bool
	// StandIns are the parts of the provider's labs that are not the real thing, beside
	// those of all labs.
	StandIns() []standin.StandIn
}

// Options are what a lab is brought up with.
type Options struct {
	// Name is the lab's name; empty for one made from the topology's.
	Name     string
	Topology *topology.Topology
	Mode     *calico.Mode
	// BIRD is the path of Calico's own BIRD, for nodes; empty for the one that the provider
	// finds, if there is one.
	BIRD string
	// Workload are manifests of what runs in the cluster from the beginning.
	Workload []byte
	// Progress is told of the phases; nil for nobody. It is called by several goroutines,
	// one at a time.
	Progress func(Event)
}

// Kernel is a kernel under which labs run.
type Kernel string

// The kernels that can be asked for.
const (
	// AutoKernel is this machine's own where it has what the modes need, and else
	// User-Mode Linux.
	AutoKernel Kernel = "auto"
	// HostKernel is this machine's own.
	HostKernel Kernel = "host"
	// UMLKernel is User-Mode Linux.
	UMLKernel Kernel = "uml"
)

// Kernels are those that can be asked for.
func Kernels() []Kernel { return []Kernel{AutoKernel, HostKernel, UMLKernel} }

// Virtualizer is a provider whose labs can also be inside a virtual machine, under another
// kernel. Whoever uses such a lab is inside too.
type Virtualizer interface {
	Provider
	// Inside reports whether this process runs in a virtual machine, and so do all labs
	// that it sees.
	Inside() bool
	// ChooseKernel returns the kernel for labs in these modes: HostKernel or UMLKernel. In
	// a virtual machine its kernel is the machine's own. It makes nothing.
	ChooseKernel(ctx context.Context, wanted Kernel, modes ...*calico.Mode) (Kernel, error)
	// StartMachine starts a virtual machine and returns when programs can run in it. It
	// ends with this process unless it is released.
	StartMachine(ctx context.Context, options MachineOptions) (Machine, error)
	// AttachMachine finds a virtual machine that is up.
	AttachMachine(name string) (Machine, error)
}

// ErrOtherKernel is the error for a lab in a virtual machine, which only a program inside
// can use (see Virtualizer).
var ErrOtherKernel = errors.New("it is inside User-Mode Linux")

// MachineOptions are what a virtual machine is started with.
type MachineOptions struct {
	// Name is the machine's name; empty for one made from Known.
	Name, Known string
	// Topology is that of the labs that it is for.
	Topology *topology.Topology
	// Mode is the lab's mode if the machine is for a single one.
	Mode *calico.Mode
	// BIRD is that of the labs (Options.BIRD).
	BIRD string
	// Files are paths that the program has to share with this machine, by what they are.
	Files map[string]string
	// Progress is told of the phases; nil for nobody.
	Progress func(Event)
}

// KernelPhase is the phase in which a virtual machine starts.
const KernelPhase = "kernel"

// Machine is a virtual machine in which labs can be brought up. It is listed, and ends, as
// a lab does.
type Machine interface {
	Name() string
	// PID is the process that the machine ends with.
	PID() int
	// Rerun runs this program again inside, with other arguments and the given streams, and
	// returns its exit status. Environment, working directory and files are this process's;
	// signals are passed on. If all streams are a terminal the program has it.
	Rerun(ctx context.Context, arguments []string, stdin io.Reader, stdout, stderr io.Writer) (int, error)
	// Log returns the last lines of the kernel's own log.
	Log(lines int) ([]string, error)
	// Release lets the machine live on without this process.
	Release() error
	// Down ends the machine and everything inside.
	Down(ctx context.Context) error
}
