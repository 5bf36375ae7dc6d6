package component

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/rackproof/rackproof/fixtures/components"
	"github.com/rackproof/rackproof/framework/yamlfile"
)

// Manifest lists what labs are built from.
type Manifest struct {
	Modules []Module `yaml:"modules"`
}

// Module is a Go module of fixtures/components with the programs that are
// built from it. They go to the cache together or not at all.
type Module struct {
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	// Folder is the module's place in the source tree, with slashes.
	Folder string `yaml:"folder"`
	// Sum is the digest of the module's go.mod and go.sum: see Sum.
	Sum string `yaml:"sum"`
	// Variables are set by the linker (-X) in every program.
	Variables map[string]string `yaml:"variables"`
	Programs  []Program         `yaml:"programs"`
	Share     []Share           `yaml:"share"`
	// For is what the module is for if not for every lab (see the groups). Left out
	// where empty, it leaves the keys of the other modules as they are.
	For Group `yaml:"for" json:",omitempty"`
	// Sources are the files of Folder that make a program of Rackproof's own, with
	// package `.`.
	Sources []string `yaml:"sources" json:",omitempty"`
	// Size is the room that a build of the module takes, as a part of a large module's; 0
	// for a large one.
	Size float64 `yaml:"size" json:"-"`
}

// Group is a set of labs that need more components than every lab.
type Group string

// The groups.
const (
	// Kind are labs on kind and containerlab.
	Kind Group = "kind"
	// Canal are labs whose pod network is flannel's.
	Canal Group = "canal"
)

// Groups are all groups.
func Groups() []Group { return []Group{Kind, Canal} }

// For leaves out the modules that are for other groups than those given.
func (m Manifest) For(groups ...Group) Manifest {
	var modules []Module
	for _, module := range m.Modules {
		if module.For == "" || slices.Contains(groups, module.For) {
			modules = append(modules, module)
		}
	}
	return Manifest{Modules: modules}
}

// Program is one program of a module.
type Program struct {
	Name Name `yaml:"name"`
	// Version is the program's own where it differs from its module's.
	Version string `yaml:"version"`
	Package string `yaml:"package"`
	// Aliases are further names that the program is called by.
	Aliases []Name `yaml:"aliases"`
}

// Share is a set of files of a Go module that the lab needs beside the
// programs.
type Share struct {
	Name string `yaml:"name"`
	// Module is the path of the Go module that has the files.
	Module string `yaml:"module"`
	// Folder is the files' place in that module.
	Folder string `yaml:"folder"`
	// Files are patterns (path/filepath.Match) below Folder.
	Files []string `yaml:"files"`
}

// Load reads the manifest that this program was built with.
func Load() (Manifest, error) {
	return Parse("fixtures/components/components.yaml", components.Manifest())
}

// LoadImages reads the manifest of what images have beside the embedded lab's
// programs.
func LoadImages() (Manifest, error) {
	return Parse("fixtures/components/images.yaml", components.Images())
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

// check refuses what would make a wrong folder name or hide one program behind
// another.
func (m Manifest) check() error {
	if len(m.Modules) == 0 {
		return errors.New("lists no modules")
	}
	// Names become parts of paths below the cache folder.
	plain := regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	seen := map[string]bool{}
	claim := func(kind, name string) error {
		if !plain.MatchString(name) {
			return fmt.Errorf("%s %q: a name has small letters, digits, dots and hyphens only", kind, name)
		}
		if seen[kind+name] {
			return fmt.Errorf("%s %s is listed twice", kind, name)
		}
		seen[kind+name] = true
		return nil
	}
	for _, module := range m.Modules {
		if err := claim("module", module.Name); err != nil {
			return err
		}
		if !plain.MatchString(module.Version) {
			return fmt.Errorf("module %s: version %q is not one", module.Name, module.Version)
		}
		if !filepath.IsLocal(filepath.FromSlash(module.Folder)) {
			return fmt.Errorf("module %s: folder %q is not a path below the source tree", module.Name, module.Folder)
		}
		if module.Sum == "" || len(module.Programs) == 0 {
			return fmt.Errorf("module %s: needs a sum and at least one program", module.Name)
		}
		for _, program := range module.Programs {
			for _, name := range append([]Name{program.Name}, program.Aliases...) {
				if err := claim("program", string(name)); err != nil {
					return fmt.Errorf("module %s: %w", module.Name, err)
				}
			}
			if program.Package == "" {
				return fmt.Errorf("module %s: program %s has no package", module.Name, program.Name)
			}
		}
		for _, source := range module.Sources {
			if !filepath.IsLocal(filepath.FromSlash(source)) {
				return fmt.Errorf("module %s: source %q is not a path below the module's folder", module.Name, source)
			}
		}
		for _, share := range module.Share {
			if err := claim("share", share.Name); err != nil {
				return fmt.Errorf("module %s: %w", module.Name, err)
			}
			if share.Module == "" || share.Folder == "" || len(share.Files) == 0 {
				return fmt.Errorf("module %s: share %s needs a module, a folder and files", module.Name, share.Name)
			}
		}
	}
	return nil
}

// versionOf is a program's own version, or its module's.
func (m Module) versionOf(program Program) string {
	if program.Version != "" {
		return program.Version
	}
	return m.Version
}

// title names a module for people.
func (m Module) title() string { return m.Name + " " + m.Version }
