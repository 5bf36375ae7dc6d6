package drivers_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/router/drivers"
)

// TestRequirementsAreInstalled: what a driver needs is installed by packages.sh, or by
// the script in the driver's folder.
func TestRequirementsAreInstalled(t *testing.T) {
	script, err := os.ReadFile("../../../fixtures/components/packages.sh")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(script), "\npackages=(")
	list, _, found := strings.Cut(list, ")")
	if !found {
		t.Fatal("packages.sh has no list of packages")
	}
	for _, driver := range drivers.All() {
		installed := list
		own, err := os.ReadFile(filepath.Join("..", string(driver.Name()), "install.sh"))
		if err == nil {
			_, installed, _ = strings.Cut(string(own), "\npackages=(")
			installed, _, _ = strings.Cut(installed, ")")
		}
		for _, r := range driver.Requirements() {
			if !slices.Contains(strings.Fields(installed), r.Package) {
				t.Errorf("%s needs %s of the package %s, and %v is installed", driver.Name(), r.Program, r.Package, installed)
			}
			if command := "make router-" + string(driver.Name()); (err == nil) != (r.Command == command) {
				t.Errorf("%s: %s is installed by %q; want %q where the driver has an install.sh, and else nothing", driver.Name(), r.Program, r.Command, command)
			}
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range drivers.Names() {
		if seen[string(name)] || name == "" {
			t.Errorf("two drivers are called %q", name)
		}
		seen[string(name)] = true
		if d, err := drivers.Of(name); err != nil || d.Name() != name {
			t.Errorf("%s: got %v, %v", name, d, err)
		}
	}
	if _, err := drivers.Of("ios"); err == nil || !strings.Contains(err.Error(), `unknown software "ios": use frr, bird or bird2`) {
		t.Errorf("got %v", err)
	}
}
