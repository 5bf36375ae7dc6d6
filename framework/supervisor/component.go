package supervisor

import (
	"time"

	"github.com/rackproof/rackproof/framework/namespace"
)

// Component is a program that runs on a host as long as the lab does.
type Component struct {
	// Host and Name identify the component.
	Host, Name string
	// Argv is the command; its first word is looked up in the host's mount
	// namespace if it is a path, else in the supervisor's PATH.
	Argv []string
	// Env is the whole environment.
	Env []string
	// Namespaces are the host's.
	Namespaces namespace.Set
	// StartNice is the component's nice value (nice(2)) until Supervisor.ShareEqually: the
	// higher, the more it leaves the processor to others that want it. Zero is the
	// supervisor's own. It has no effect without CAP_SYS_NICE, which ShareEqually needs.
	StartNice int
	// RestartOn are the exit statuses by which the program asks to be started again,
	// as often as it does: it is started again as runit would. To end with any other
	// status unasked is a death.
	RestartOn []int
	// Starting, if not nil, is called before each start of the program, also of one that is
	// started again. The supervisor is locked meanwhile: of its methods only Note may be called.
	Starting func()
}

// State is what has become of a component.
type State string

// The states of a component.
const (
	Running State = "running"
	// Restarting is a component that has ended by one of its RestartOn, and is started
	// again after a pause.
	Restarting State = "restarting"
	// Stopped is a component that was stopped on request.
	Stopped State = "stopped"
	// Dead is a component that ended unasked.
	Dead State = "dead"
)

// Status is a component's state as told to others.
type Status struct {
	Host  string    `json:"host"`
	Name  string    `json:"name"`
	PID   int       `json:"pid,omitempty"`
	State State     `json:"state"`
	Since time.Time `json:"since"`
	// Restarts counts how often the program has ended to be started again.
	Restarts int `json:"restarts,omitempty"`
	// SelfRestarting is a program that another supervisor than the lab's starts again when
	// it asks for that, which is not counted.
	SelfRestarting bool `json:"selfRestarting,omitempty"`
	// Error says how a dead component ended, with its last lines.
	Error string `json:"error,omitempty"`
}
