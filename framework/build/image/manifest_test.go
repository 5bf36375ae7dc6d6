package image

import (
	"slices"
	"strings"
	"testing"

	"github.com/rackproof/rackproof/fixtures/images"
	"github.com/rackproof/rackproof/framework/build/component"
)

func loaded(t *testing.T) Manifest {
	t.Helper()
	manifest, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return manifest
}

func TestManifestNamesWhatIsThere(t *testing.T) {
	programs, shares := map[string]bool{birdReload: true}, map[string]bool{}
	for _, read := range []func() (component.Manifest, error){component.Load, component.LoadImages} {
		manifest, err := read()
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range manifest.Modules {
			for _, program := range module.Programs {
				for _, name := range append(slices.Clone(program.Aliases), program.Name) {
					programs[string(name)] = true
				}
			}
			for _, share := range module.Share {
				shares[share.Name] = true
			}
		}
	}
	for _, image := range loaded(t).Images {
		for name := range image.Programs {
			if !programs[name] {
				t.Errorf("image %s: no component %s", image.Name, name)
			}
		}
		for _, share := range image.Shares {
			if !shares[share.Name] {
				t.Errorf("image %s: no files %s", image.Name, share.Name)
			}
		}
		if image.Setup != "" {
			if _, err := images.Script(image.Setup); err != nil {
				t.Errorf("image %s: %v", image.Name, err)
			}
		}
	}
}

func TestManifestRefuses(t *testing.T) {
	const epoch = "epoch: 2025-01-01T00:00:00Z\n"
	tests := []struct{ name, text, says string }{
		{"nothing", epoch, "lists no images"},
		{"no epoch", "images: [{name: a}]", "has no epoch"},
		{"an unknown field", epoch + "images: [{name: a, foo: b}]", "foo"},
		{"a bad name", epoch + "images: [{name: A/b}]", "small letters"},
		{"a name twice", epoch + "images: [{name: a}, {name: a}]", "twice"},
		{"a base that comes later", epoch + "images: [{name: a, base: b}, {name: b}]", "not listed before"},
		{"a base and a bootstrap", epoch + "images: [{name: b}, {name: a, base: b, bootstrap: minbase}]", "base and is bootstrapped"},
		{"an unknown use", epoch + "images: [{name: a, use: x, reference: a}]", "neither"},
		{"a use without a reference", epoch + "images: [{name: a, use: node}]", "reference"},
		{"packages without a root", epoch + "images: [{name: a, packages: [x]}]", "root file system"},
		{"a path that is none", epoch + "images: [{name: a, programs: {x: bin/x}}]", "not absolute"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("manifest.yaml", tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error with %q", err, tt.says)
			}
		})
	}
}

func TestOnlyWhatIsNeeded(t *testing.T) {
	manifest := loaded(t)
	if names := manifest.only([]string{"frr"}).names(); !slices.Equal(names, []string{"debian", "net", "frr"}) {
		t.Errorf("for frr: %v", names)
	}
	node := manifest.only([]string{"kind-node"}).names()
	for _, name := range []string{"pause", "kube-proxy", "calico-node", "calico-cni", "net"} {
		if !slices.Contains(node, name) {
			t.Errorf("a node needs %s, and it is not in %v", name, node)
		}
	}
	if slices.Contains(node, "frr") {
		t.Errorf("a node needs no frr: %v", node)
	}
	if manifest.only([]string{"frr"}).needComponents() || !manifest.needComponents() {
		t.Error("who needs components is mistaken")
	}
}

func TestPublicReference(t *testing.T) {
	tests := []struct {
		image Image
		want  string
	}{
		{Image{Reference: "rackproof/bird:1.6.8"}, ""},
		{Image{Reference: "quay.io/calico/node:v3.31.0"}, "quay.io/calico/node:v3.31.0"},
		{Image{Reference: "rackproof/frr:8.4.4", Public: "quay.io/frrouting/frr:8.4.4"}, "quay.io/frrouting/frr:8.4.4"},
	}
	for _, tt := range tests {
		if got := tt.image.PublicReference(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.image.Reference, got, tt.want)
		}
	}
}

func TestUnknownImage(t *testing.T) {
	if _, err := loaded(t).Image("nothing"); err == nil || !strings.Contains(err.Error(), "kind-node") {
		t.Errorf("got %v, want an error that says which images there are", err)
	}
}
