package netns

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/lab/registry"
)

// stateRoot has a folder for each lab of this machine.
const stateRoot = "/run/rackproof/labs"

// pidFile has the number of the lab's process.
const pidFile = "pid"

func root() registry.Root { return registry.Root{Path: stateRoot, NameLength: 40} }

// folder is a lab's state folder. It is held by the lab's process, or by its starter
// while the process does not run yet: a lab whose folder is not is dead.
type folder struct{ registry.Folder }

func folderOf(name string) (folder, error) {
	f, err := root().Of(name)
	return folder{f}, err
}

// findUp finds the folder of a lab that is up, with what the lab is made from and its
// process.
func findUp(name string) (*Lab, error) {
	f, err := folderOf(name)
	if err != nil {
		return nil, err
	}
	if !f.Held() {
		return nil, fmt.Errorf("lab %s: %w: `rackproof lab list` lists those that are up", name, registry.ErrNoLab)
	}
	spec, err := f.spec()
	if err != nil {
		return nil, err
	}
	pid, err := f.pid()
	if err != nil {
		return nil, fmt.Errorf("lab %s: find its process: %w", name, err)
	}
	return &Lab{folder: f, spec: spec, pid: pid}, nil
}

// pid is the lab's process.
func (f folder) pid() (int, error) {
	data, err := os.ReadFile(f.Path(pidFile))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}

func (f folder) spec() (labinit.Spec, error) {
	var spec labinit.Spec
	return spec, f.readJSON(labinit.SpecFile, &spec)
}

func (f folder) readJSON(name string, into any) error {
	data, err := os.ReadFile(f.Path(name))
	if err != nil {
		return fmt.Errorf("lab %s: %w", f.Name(), err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("lab %s: read %s: %w", f.Name(), name, err)
	}
	return nil
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
