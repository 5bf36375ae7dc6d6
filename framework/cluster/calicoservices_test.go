package cluster

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// leftOut are the services of Calico's container that nodes of a lab do not run, and why.
func leftOut() map[string]string {
	return map[string]string{
		"bird6":             "labs have no IPv6",
		"calico-bgp-daemon": "rc.local never enables it",
		"cni":               "it renews the CNI plugin's token, and a lab's does not expire",
	}
}

// recorded is what the container of Calico v3.31.0 has.
func recorded() fs.FS { return os.DirFS("testdata/calico-node") }

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := fs.ReadFile(recorded(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestServicesAreCalicos compares the commands that a node runs with those of Calico's
// own services: every service is run as there, or is left out on purpose.
func TestServicesAreCalicos(t *testing.T) {
	entries, err := fs.ReadDir(recorded(), "services")
	if err != nil || len(entries) == 0 {
		t.Fatalf("%d services: %v", len(entries), err)
	}
	own, without := calicoServices(), leftOut()
	for _, entry := range entries {
		name := entry.Name()
		command, runs := own[name]
		_, left := without[name]
		if runs == left {
			t.Errorf("service %s: a node runs it: %v, it is left out: %v", name, runs, left)
		}
		delete(own, name)
		delete(without, name)
		if !runs {
			continue
		}
		found := regexp.MustCompile(`(?m)^exec ([a-z].*)$`).FindStringSubmatch(read(t, "services/"+name))
		if found == nil || !slices.Equal(strings.Fields(found[1]), command) {
			t.Errorf("service %s: a node runs %q, Calico's container %q", name, command, found)
		}
	}
	if len(own) > 0 || len(without) > 0 {
		t.Errorf("Calico's container has no services %v and %v", slices.Sorted(maps.Keys(own)), slices.Sorted(maps.Keys(without)))
	}
}

// TestStartupComesFirst compares the order of a node's start with rc.local's.
func TestStartupComesFirst(t *testing.T) {
	script := read(t, "rc.local")
	last := -1
	for _, step := range []string{
		strings.Join(startupCommand(), " ") + " || exit 1\n",
		// When a lab comes up its nodes run the service alone, and Felix waits for what it does
		// (allocateTunnelAddress).
		strings.Join(tunnelAddressCommand(), " ") + " || exit 1\n",
		"mkdir /etc/service/enabled\n",
	} {
		at := strings.Index(script, "\n"+step)
		if at <= last {
			t.Errorf("rc.local does not have %q in its place", step)
		}
		last = at
	}
}

// TestServicesAreEnabledAsByRCLocal compares the services of a calico-node that is started as
// one with those that rc.local enables: with every backend, and by the backend.
func TestServicesAreEnabledAsByRCLocal(t *testing.T) {
	script := read(t, "rc.local")
	always, rest, ok := strings.Cut(script, "if [ \"$CALICO_NETWORKING_BACKEND\" != \"none\" ]; then")
	policyOnly, byBackend, split := strings.Cut(rest, "case \"$CALICO_NETWORKING_BACKEND\" in")
	if !ok || !split {
		t.Fatal("rc.local does not look at CALICO_NETWORKING_BACKEND as it did")
	}
	monitor, after, _ := strings.Cut(policyOnly, "\nfi\n")
	byBackend, _, _ = strings.Cut(byBackend, "\nesac\n")
	services := func(parts ...string) []string {
		var names []string
		for _, found := range regexp.MustCompile(`(?m)^\s*cp -a /etc/service/available/(\S+)`).FindAllStringSubmatch(strings.Join(parts, "\n"), -1) {
			if _, left := leftOut()[found[1]]; !left {
				names = append(names, found[1])
			}
		}
		slices.Sort(names)
		return names
	}
	for backend, want := range map[string][]string{
		"none": services(always, after), "vxlan": services(always, monitor, after), "bird": services(always, monitor, after, byBackend),
	} {
		if got := slices.Sorted(slices.Values(enabled(backend))); !slices.Equal(got, want) || len(want) < 4 {
			t.Errorf("backend %s: a node runs %v, rc.local enables %v", backend, got, want)
		}
	}
}

// TestPreStopIsTheManifests compares what runs before a calico-node is ended.
func TestPreStopIsTheManifests(t *testing.T) {
	container, _ := calicoContainer(t)
	want := slices.Clone(shutdownCommand())
	want[0] = "/bin/" + want[0]
	if hook := container.Lifecycle.PreStop; hook == nil || !slices.Equal(hook.Exec.Command, want) {
		t.Errorf("the manifest's preStop is %+v, a lab runs %q", hook, want)
	}
}

// calicoSource is the folder of Calico's source of the version that labs are built from.
// The test is skipped where it is not on this machine.
func calicoSource(t *testing.T) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/projectcalico/calico")
	command.Dir = "../../fixtures/components/calico"
	command.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	folder := strings.TrimSpace(string(output))
	if err != nil || folder == "" {
		t.Skipf("Calico's source is not on this machine: %v %s", err, stderr.String())
	}
	return folder
}

// TestRecordedServicesAreCurrent compares what is recorded with the source.
func TestRecordedServicesAreCurrent(t *testing.T) {
	source := os.DirFS(filepath.Join(calicoSource(t), "node/filesystem/etc"))
	compare := func(name, original string) {
		data, err := fs.ReadFile(source, original)
		if err != nil || string(data) != read(t, name) {
			t.Errorf("%s is not Calico's %s (%v): record it again", name, original, err)
		}
	}
	compare("rc.local", "rc.local")
	services, err := fs.ReadDir(source, "service/available")
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range services {
		compare("services/"+service.Name(), "service/available/"+service.Name()+"/run")
	}
}
