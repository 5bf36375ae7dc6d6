package image

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/framework/build/component"
)

// keysWith are the keys of the manifest's images as a build on this machine has them,
// with components that change has changed.
func keysWith(t *testing.T, change func(*components)) map[string]string {
	t.Helper()
	release, err := os.ReadFile(osRelease)
	if err != nil {
		t.Skip("unable: images are built on Debian and Ubuntu: ", err)
	}
	planned, err := planComponents(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	change(&planned)
	places, err := loaded(t).places(planned, codename(string(release)), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for name, p := range places {
		keys[name] = p.key
	}
	return keys
}

// TestCheckFresh: images that this program would build as they are can be used, and so
// can public ones; those of another key cannot.
func TestCheckFresh(t *testing.T) {
	manifest, keys := loaded(t), keysWith(t, func(*components) {})
	choices := map[string]Choice{
		"kind-node": {Name: "kind-node", Source: SourceLocal, key: keys["kind-node"]},
		"bird":      {Name: "bird", Source: SourceLocal, key: keys["bird"]},
		"frr":       {Name: "frr", Source: SourcePublic},
	}
	if err := manifest.checkFresh(choices); err != nil {
		t.Error(err)
	}
	choices["kind-node"] = Choice{Name: "kind-node", Source: SourceLocal, key: keys["bird"]}
	choices["client"] = Choice{Name: "client", Source: SourceLocal}
	err := manifest.checkFresh(choices)
	stale, ok := errors.AsType[*StaleError](err)
	if !ok || !slices.Equal(stale.Images, []string{"client", "kind-node"}) || !strings.Contains(err.Error(), "images build client kind-node") {
		t.Errorf("got %v, want client and kind-node as stale", err)
	}
}

// TestKeysFollowOwnPrograms: a change of bird-reload changes the image that has it, and
// the node that has that image in its store, and no other.
func TestKeysFollowOwnPrograms(t *testing.T) {
	before := keysWith(t, func(*components) {})
	after := keysWith(t, func(c *components) {
		var err error
		c.own, err = component.Manifest{Modules: []component.Module{{
			Name: "rackproof", Version: "own", Sum: "another", Programs: []component.Program{{Name: birdReload, Package: "."}},
		}}}.Plan("")
		if err != nil {
			t.Fatal(err)
		}
	})
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if before[name] != after[name] {
			changed = append(changed, name)
		}
	}
	if want := []string{"calico-node", "kind-node"}; !slices.Equal(changed, want) {
		t.Errorf("other keys have %v, want %v", changed, want)
	}
}
