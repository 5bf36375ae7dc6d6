package labinit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/topology"
)

// ProcessName is argument 0 of a lab's process, by which a program that can bring
// labs up knows that it is to be one.
const ProcessName = "rackproof-lab"

// Spec is what a lab is made from. It reaches the lab's process as a file.
type Spec struct {
	Name     string             `json:"name"`
	Topology *topology.Topology `json:"topology"`
	Mode     *calico.Mode       `json:"mode"`
	Routers  []fabric.Router    `json:"routers"`
	// ProgramFolders have the components; the lab's PATH begins with them.
	ProgramFolders []string `json:"programFolders"`
	// BIRD are the paths of Calico's own BIRD and its client, for nodes; empty for the
	// distribution's. A lab sees nothing else of the folder that they are in.
	BIRD []string `json:"bird,omitempty"`
	// Manifests and Confd are the folders of Calico's manifest (calico.yaml) and of
	// its confd templates.
	Manifests string `json:"manifests"`
	Confd     string `json:"confd"`
	// Workload are manifests of what runs in the cluster from the beginning.
	Workload []byte `json:"workload"`
	// Seed is a folder with a prepared state of the control plane to begin with;
	// empty to begin with nothing.
	Seed string `json:"seed,omitempty"`
	// Prepare, if not empty, is a folder: the process saves a state of the control
	// plane there for use as a seed, and ends. There are no hosts then.
	Prepare string `json:"prepare,omitempty"`
	// VirtualMachine, if not nil, makes the process the host of a User-Mode Linux. It has
	// no hosts of a topology then: labs are inside, and it hosts their control planes.
	VirtualMachine *VirtualMachine `json:"virtualMachine,omitempty"`
	// ControlPlane is set in a lab inside User-Mode Linux: its control plane is on the
	// machine's host.
	ControlPlane *HostedControlPlane `json:"controlPlane,omitempty"`
	// KubernetesVersion is what nodes report.
	KubernetesVersion string `json:"kubernetesVersion"`
	// CalicoVersion is that of the Calico components.
	CalicoVersion string `json:"calicoVersion"`
}

// Names of the files in a lab's state folder.
const (
	SpecFile       = "spec.json"
	RecordFile     = "lab.json"
	ControlSocket  = "control.sock"
	KubeconfigFile = "kubeconfig"
	LogFolder      = "logs"
)

// File descriptors that the starter of a lab's process leaves it.
const (
	// Descriptor 3 holds the lock on the state folder as long as the process lives;
	// nobody uses it.
	//
	// lifelineFD is a pipe from the lab's owner: its end ends the lab, a byte
	// releases the lab from its owner.
	lifelineFD = 4
	// eventFD is a pipe to the lab's owner for events.
	eventFD = 5
)

// Release is the byte that releases a lab from its owner.
const Release = 'R'

// Record is what a lab's process publishes for those who enter the lab.
type Record struct {
	// Hosts are the topology's hosts and `control`, by name.
	Hosts map[string]HostRecord `json:"hosts"`
}

// HostRecord has the numbers of the open files of the lab's process that are a
// host's namespaces.
type HostRecord struct {
	Net   int `json:"net"`
	Mount int `json:"mount"`
	UTS   int `json:"uts"`
}

// Event is a piece of news for a lab's owner.
type Event = lab.Event

func readSpec(folder string) (Spec, error) {
	var spec Spec
	data, err := os.ReadFile(filepath.Join(folder, SpecFile))
	if err != nil {
		return spec, fmt.Errorf("read the lab's specification: %w", err)
	}
	if err := json.Unmarshal(data, &spec); err != nil {
		return spec, fmt.Errorf("read the lab's specification: %w", err)
	}
	return spec, nil
}
