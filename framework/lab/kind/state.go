package kind

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab/registry"
	"github.com/rackproof/rackproof/framework/topology"
)

// stateRoot has a folder for each lab on kind of this machine.
const stateRoot = "/run/rackproof/kind"

// Names of the files in a lab's state folder.
const (
	recordFile = "lab.json"
	// kubeconfigFile is an administrator's kubeconfig, for the control plane's container.
	kubeconfigFile = "kubeconfig"
	topologyFile   = "fabric.clab.yml"
	logFolder      = "logs"
	routerFolder   = "routers"
	nodeFolder     = "nodes"
)

// record describes a lab, also to other processes.
type record struct {
	Name string `json:"name"`
	// Topology is the lab's, with the management addresses that Docker gave.
	Topology      *topology.Topology `json:"topology"`
	Mode          *calico.Mode       `json:"mode"`
	CalicoVersion string             `json:"calicoVersion"`
	Images        Images             `json:"images"`
	// Docker is the daemon's address.
	Docker string    `json:"docker"`
	PID    int       `json:"pid"`
	Since  time.Time `json:"since"`
	// Ready says that the lab is up, Released that it lives without its process.
	Ready    bool `json:"ready"`
	Released bool `json:"released"`
}

// root has the labs' state folders. The longest name in Docker is the control plane's,
// which is a host name.
func root() registry.Root { return registry.Root{Path: stateRoot, NameLength: 39} }

// folder is a lab's state folder. A released lab lives without a process, so that it
// need not be held.
type folder struct{ registry.Folder }

func folderOf(name string) (folder, error) {
	f, err := root().Of(name)
	return folder{f}, err
}

// there reports whether the folder is there: a lab has something in Docker as long as
// it is.
func (f folder) there() bool {
	_, err := os.Stat(string(f.Folder))
	return err == nil
}

func (f folder) writeRecord(r record) error {
	data, err := json.Marshal(r)
	if err == nil {
		err = f.Write(recordFile, data)
	}
	if err != nil {
		return fmt.Errorf("lab %s: write its record: %w", f.Name(), err)
	}
	return nil
}

func (f folder) record() (record, error) {
	var r record
	data, err := os.ReadFile(f.Path(recordFile))
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		return record{}, fmt.Errorf("lab %s: read its record: %w", f.Name(), err)
	}
	return r, nil
}

// abandoned reports whether nobody wants the lab any more: it was not released, and its
// process is gone.
func (f folder) abandoned() bool {
	if f.Held() {
		return false
	}
	r, err := f.record()
	return err != nil || !r.Released
}

// folders lists the state folders of this machine.
func folders() ([]folder, error) {
	all, err := root().List()
	var list []folder
	for _, f := range all {
		list = append(list, folder{f})
	}
	return list, err
}
