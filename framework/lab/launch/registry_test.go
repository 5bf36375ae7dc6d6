package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures"
	"github.com/rackproof/rackproof/framework/calico"
	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/lab/registry"
	"github.com/rackproof/rackproof/framework/lab/standin"
)

// rack is a provider that nothing else knows: its labs are entries of a list.
type rack struct {
	name string
	labs []string
	// asked are what Up was called with.
	asked []lab.Options
	parts int
	// birds says that the nodes run Calico's BIRD.
	birds bool
}

var (
	errNoMachines = errors.New("no machines in the rack")
	errSecret     = errors.New("the door is locked")
)

func (r *rack) Name() string                                     { return r.name }
func (r *rack) RunIfPart()                                       { r.parts++ }
func (r *rack) CalicoVersion() (string, error)                   { return "v3.31.0", nil }
func (r *rack) CalicoBIRD(context.Context, string) (bool, error) { return r.birds, nil }
func (r *rack) Check(context.Context, lab.Options) error         { return nil }
func (r *rack) Phases() []string                                 { return []string{r.name + " powers up"} }
func (r *rack) Crowded() bool                                    { return false }
func (r *rack) StandIns() []standin.StandIn                      { return nil }

func (r *rack) Up(_ context.Context, options lab.Options) (lab.Running, error) {
	r.asked = append(r.asked, options)
	return nil, errNoMachines
}

func (r *rack) Attach(_ context.Context, name string) (lab.Running, error) {
	if slices.Contains(r.labs, name) {
		return nil, fmt.Errorf("lab %s of %s: %w", name, r.name, errSecret)
	}
	return nil, fmt.Errorf("lab %s: %w", name, registry.ErrNoLab)
}

func (r *rack) List() ([]lab.Listed, error) {
	var list []lab.Listed
	for _, name := range r.labs {
		list = append(list, lab.Listed{Name: name, Provider: r.name, Alive: true})
	}
	return list, nil
}

func (r *rack) GC(context.Context) ([]string, error) { return []string{r.name + " leftover"}, nil }

func (r *rack) Down(_ context.Context, name string) error {
	r.labs = slices.DeleteFunc(r.labs, func(other string) bool { return other == name })
	return nil
}

// virtual is a provider with virtual machines.
type virtual struct {
	rack
	inside bool
}

func (v *virtual) Inside() bool { return v.inside }

func (v *virtual) ChooseKernel(context.Context, lab.Kernel, ...*calico.Mode) (lab.Kernel, error) {
	return lab.UMLKernel, nil
}

func (v *virtual) StartMachine(context.Context, lab.MachineOptions) (lab.Machine, error) {
	return nil, errNoMachines
}

func (v *virtual) AttachMachine(name string) (lab.Machine, error) {
	if slices.Contains(v.labs, name) {
		return machine{}, nil
	}
	return nil, fmt.Errorf("lab %s: %w", name, registry.ErrNoLab)
}

// machine is one that nobody uses.
type machine struct{ lab.Machine }

// TestAThirdProvider: a provider that only its registration names does all that others do.
func TestAThirdProvider(t *testing.T) {
	first, second, third := &rack{name: "first", labs: []string{"z"}}, &virtual{rack: rack{name: "second", labs: []string{"y"}}}, &rack{name: "third", labs: []string{"a"}}
	providers := Providers{Linked: []lab.Provider{first, second, third}, Unlinked: map[string]string{"fourth": "build it with the tag fourth"}}

	providers.RunIfPart()
	if third.parts != 1 {
		t.Errorf("it was asked %d times whether this process is a part of a lab", third.parts)
	}
	if got, err := providers.Of("third"); err != nil || got != third {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := providers.Of(""); err != nil || got != first {
		t.Errorf("the default: got %v, %v", got, err)
	}
	if _, err := providers.Of("fifth"); err == nil || !strings.Contains(err.Error(), "use one of [first second third]") {
		t.Errorf("got %v", err)
	}
	if _, err := providers.Of("fourth"); err == nil || !strings.Contains(err.Error(), "build it with the tag fourth") {
		t.Errorf("got %v", err)
	}

	if _, err := providers.Attach(t.Context(), "a"); !errors.Is(err, errSecret) {
		t.Errorf("attach: got %v", err)
	}
	if _, err := providers.Attach(t.Context(), "b"); !errors.Is(err, registry.ErrNoLab) || !strings.Contains(err.Error(), "tag fourth") {
		t.Errorf("attach to nothing: got %v", err)
	}
	listed, err := providers.List()
	if err != nil || len(listed) != 3 || listed[0].Provider != "third" {
		t.Fatalf("got %v, %v, want all labs by their names", listed, err)
	}
	if removed, err := providers.GC(t.Context()); err != nil || !slices.Contains(removed, "third leftover") {
		t.Errorf("got %v, %v", removed, err)
	}
	if err := providers.Down(t.Context(), listed[0]); err != nil || len(third.labs) != 0 || len(first.labs) != 1 {
		t.Errorf("down: %v; left are %v and %v", err, third.labs, first.labs)
	}
}

func TestUpByAThirdProvider(t *testing.T) {
	top, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	mode, err := fixtures.Mode("leafreflector")
	if err != nil {
		t.Fatal(err)
	}
	first, third := &rack{name: "first", labs: []string{"taken"}}, &rack{name: "third"}
	providers := Providers{Linked: []lab.Provider{first, third}}
	options := lab.Options{Topology: top, Mode: mode, Name: "free"}
	if _, err := providers.Up(t.Context(), third, options); !errors.Is(err, errNoMachines) {
		t.Fatalf("got %v", err)
	}
	if len(third.asked) != 1 || len(third.asked[0].Workload) == 0 || third.asked[0].Name != "free" {
		t.Errorf("it was asked for %+v, want one lab with a workload", third.asked)
	}
	options.Name = "taken"
	if _, err := providers.Up(t.Context(), third, options); !errors.Is(err, registry.ErrNameInUse) || len(third.asked) != 1 {
		t.Errorf("the name of another provider's lab: got %v", err)
	}
	if got, want := Phases(third, mode), []string{"third powers up", "sessions", "pods", "services"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestVirtualMachines(t *testing.T) {
	plain, second := &rack{name: "plain"}, &virtual{rack: rack{name: "second", labs: []string{"y"}}}
	providers := Providers{Linked: []lab.Provider{plain, second}}
	for _, c := range []struct {
		provider lab.Provider
		wanted   lab.Kernel
		want     lab.Kernel
		says     string
	}{
		{plain, lab.AutoKernel, lab.HostKernel, ""},
		{plain, lab.UMLKernel, "", "only labs of provider second"},
		{second, lab.AutoKernel, lab.UMLKernel, ""},
		{second, "other", "", "use one of [auto host uml]"},
	} {
		got, err := providers.ChooseKernel(t.Context(), c.provider, c.wanted)
		if got != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s, kernel %s: got %q, %v", c.provider.Name(), c.wanted, got, err)
		}
	}
	if _, err := providers.AttachMachine("y"); err != nil {
		t.Error(err)
	}
	if _, err := providers.AttachMachine("x"); !errors.Is(err, registry.ErrNoLab) {
		t.Errorf("got %v", err)
	}
	if providers.Inside() {
		t.Error("this process is in no virtual machine")
	}
	second.inside = true
	if !providers.Inside() {
		t.Error("this process is in a virtual machine")
	}
	top, err := fixtures.Topology("leaf-spine")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := providers.StartMachine(t.Context(), second, lab.MachineOptions{Topology: top}); !errors.Is(err, errNoMachines) {
		t.Errorf("got %v", err)
	}
	top.Hosts = nil
	if _, err := providers.StartMachine(t.Context(), second, lab.MachineOptions{Topology: top}); err == nil || !strings.Contains(err.Error(), "has no node") {
		t.Errorf("got %v", err)
	}
}
