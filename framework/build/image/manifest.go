package image

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rackproof/rackproof/fixtures/images"
	"github.com/rackproof/rackproof/framework/yamlfile"
)

// Manifest lists the images.
type Manifest struct {
	// Epoch is the date that newer files of images get.
	Epoch  time.Time `yaml:"epoch"`
	Images []Image   `yaml:"images"`
}

// Image is what one image is made of: see fixtures/images/images.yaml.
type Image struct {
	Name  string `yaml:"name"`
	About string `yaml:"about"`
	// Reference is the name that the image has where it is used, with its tag.
	Reference string `yaml:"reference"`
	// Aliases are further names.
	Aliases []string `yaml:"aliases"`
	// Public is the image that is taken instead where a registry can be reached; for
	// an image without one it is what Reference says if that is a registry's, else
	// there is none.
	Public    string   `yaml:"public"`
	Use       Use      `yaml:"use"`
	Base      string   `yaml:"base"`
	Bootstrap string   `yaml:"bootstrap"`
	Packages  []string `yaml:"packages"`
	// Programs are components by name and the paths that they get.
	Programs map[string]string `yaml:"programs"`
	Shares   []Share           `yaml:"shares"`
	// Writable are folders that whoever the image runs as may write to.
	Writable []string `yaml:"writable"`
	Extract  *Extract `yaml:"extract"`
	Setup    string   `yaml:"setup"`
	Preload  []string `yaml:"preload"`
	Config   Config   `yaml:"config"`
}

// Use is where an image is used.
type Use string

// The places where images are used.
const (
	// UseDocker are images that Docker runs.
	UseDocker Use = "docker"
	// UseNode are images that kind's nodes run.
	UseNode Use = "node"
)

// Share is a set of components' files and the folder of the image where they go.
type Share struct {
	Name  string `yaml:"name"`
	To    string `yaml:"to"`
	Adapt string `yaml:"adapt"`
}

// Extract are files of one of the distribution's packages, without the package.
type Extract struct {
	Package string   `yaml:"package"`
	Files   []string `yaml:"files"`
}

// Config is how an image is run.
type Config struct {
	Entrypoint []string `yaml:"entrypoint"`
	Cmd        []string `yaml:"cmd"`
	Env        []string `yaml:"env"`
	User       string   `yaml:"user"`
	WorkingDir string   `yaml:"workingDir"`
	StopSignal string   `yaml:"stopSignal"`
}

// Load reads the manifest that this program was built with.
func Load() (Manifest, error) {
	return Parse("fixtures/images/images.yaml", images.Manifest())
}

// Parse reads and checks a manifest. File is what messages call it.
func Parse(file, text string) (Manifest, error) {
	var manifest Manifest
	if err := yamlfile.Unmarshal(file, []byte(text), &manifest); err != nil {
		return Manifest{}, err
	}
	if err := manifest.check(); err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", file, err)
	}
	return manifest, nil
}

// Image is an image by its name.
func (m Manifest) Image(name string) (Image, error) {
	for _, image := range m.Images {
		if image.Name == name {
			return image, nil
		}
	}
	return Image{}, fmt.Errorf("unknown image %q: there are %s", name, strings.Join(m.names(), ", "))
}

func (m Manifest) names() []string {
	var names []string
	for _, image := range m.Images {
		names = append(names, image.Name)
	}
	return names
}

// Used are the images of one use, in the manifest's order.
func (m Manifest) Used(use Use) []Image {
	return slices.DeleteFunc(slices.Clone(m.Images), func(image Image) bool { return image.Use != use })
}

// needs are the images that must be there before an image is made.
func (m Manifest) needs(image Image) []string {
	var names []string
	if image.Base != "" {
		names = append(names, image.Base)
	}
	return append(names, m.preloads(image)...)
}

// preloads are the names of the images that go into an image's store.
func (m Manifest) preloads(image Image) []string {
	var names []string
	for _, name := range image.Preload {
		if name != string(UseNode) {
			names = append(names, name)
			continue
		}
		for _, used := range m.Used(UseNode) {
			names = append(names, used.Name)
		}
	}
	return names
}

// check refuses what could not be built.
func (m Manifest) check() error {
	if len(m.Images) == 0 {
		return errors.New("lists no images")
	}
	if m.Epoch.IsZero() {
		return errors.New("has no epoch")
	}
	plain := regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	seen := map[string]bool{}
	for _, image := range m.Images {
		switch {
		case !plain.MatchString(image.Name):
			return fmt.Errorf("image %q: a name has small letters, digits, dots and hyphens only", image.Name)
		case seen[image.Name]:
			return fmt.Errorf("image %s is listed twice", image.Name)
		case image.Base != "" && image.Bootstrap != "":
			return fmt.Errorf("image %s: has a base and is bootstrapped", image.Name)
		case image.Use != "" && image.Use != UseDocker && image.Use != UseNode:
			return fmt.Errorf("image %s: use %q is neither %s nor %s", image.Name, image.Use, UseDocker, UseNode)
		case (image.Use == "") != (image.Reference == ""):
			return fmt.Errorf("image %s: needs a use and a reference, or neither", image.Name)
		case image.Base == "" && image.Bootstrap == "" && (len(image.Packages) > 0 || image.Setup != ""):
			return fmt.Errorf("image %s: packages and setup need a root file system: a base or bootstrap", image.Name)
		}
		for _, need := range m.needs(image) {
			if !seen[need] {
				return fmt.Errorf("image %s: %s is not listed before it", image.Name, need)
			}
		}
		for name, path := range image.Programs {
			if !strings.HasPrefix(path, "/") {
				return fmt.Errorf("image %s: the path %q of %s is not absolute", image.Name, path, name)
			}
		}
		seen[image.Name] = true
	}
	return nil
}

// PublicReference is the image that is taken where a registry can be reached; empty
// if there is none.
func (i Image) PublicReference() string {
	if i.Public != "" {
		return i.Public
	}
	host, _, found := strings.Cut(i.Reference, "/")
	if found && strings.Contains(host, ".") {
		return i.Reference
	}
	return ""
}

// programs are the names of an image's programs, sorted.
func (i Image) programs() []string { return slices.Sorted(maps.Keys(i.Programs)) }
