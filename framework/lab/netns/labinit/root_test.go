package labinit

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Calico's BIRD may lie among other programs. A node would find those before its own.
func TestALabSeesNothingBesideBIRD(t *testing.T) {
	spec := Spec{ProgramFolders: []string{"/cache/calico"}, Confd: "/confd", Manifests: "/manifests", BIRD: []string{"/opt/all/bird", "/opt/all/birdcl"}}
	mounts := programMounts(spec)
	for source, want := range map[string]string{
		"/opt/all/bird": "opt/rackproof/calico-bird/bird", "/opt/all/birdcl": "opt/rackproof/calico-bird/birdcl", "/cache/calico": "opt/rackproof/0",
	} {
		if mounts[source] != want {
			t.Errorf("%s is mounted on %q, want %q", source, mounts[source], want)
		}
	}
	for source := range mounts {
		if strings.HasPrefix("/opt/all/bird", source+"/") {
			t.Errorf("the whole of %s is mounted", source)
		}
	}
	spec.BIRD = nil
	if places := slices.Collect(maps.Values(programMounts(spec))); slices.ContainsFunc(places, func(p string) bool { return strings.HasPrefix("/"+p, birdFolder) }) {
		t.Errorf("without Calico's BIRD there are %v", places)
	}
}

func TestMountPoints(t *testing.T) {
	machine, root := t.TempDir(), t.TempDir()
	program := filepath.Join(machine, "bird")
	if err := os.WriteFile(program, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for source, isFolder := range map[string]bool{machine: true, program: false} {
		target := filepath.Join(root, "opt", filepath.Base(source))
		if err := makeMountPoint(source, target); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(target); err != nil || info.IsDir() != isFolder {
			t.Errorf("the place of %s: %v, %v", source, info, err)
		}
	}
	if err := makeMountPoint(filepath.Join(machine, "birdc"), filepath.Join(root, "birdc")); err == nil {
		t.Error("a program that is not there has a place")
	}
}
