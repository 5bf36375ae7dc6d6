package netns

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
	"github.com/rackproof/rackproof/framework/lab/registry"
)

// StateRoot has a folder for each lab of this machine.
const StateRoot = "/run/rackproof/labs"

// pidFile has the number of the lab's process.
const pidFile = "pid"

func root() registry.Root { return registry.Root{Path: StateRoot, NameLength: 40} }

// folder is a lab's state folder. It is held by the lab's process, or by its starter
// while the process does not run yet: a lab whose folder is not is dead.
type folder struct{ registry.Folder }

func folderOf(name string) (folder, error) {
	f, err := root().Of(name)
	return folder{f}, err
}

// ErrOtherKernel is the error for a lab that is inside User-Mode Linux, which only a
// program inside can look into (see AttachMachine).
var ErrOtherKernel = errors.New("it is inside User-Mode Linux")

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
