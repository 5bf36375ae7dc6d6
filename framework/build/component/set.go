package component

import (
	"cmp"
	"fmt"
	"strings"
)

// Set is a cache's components, all of them there.
type Set struct {
	programs map[Name]Entry
	share    map[string]string
}

// Program is the path of a program, or "" for a name that the manifest does not
// have.
func (s Set) Program(name Name) string { return s.programs[name].Path }

// Version is the version of a program, as v1.34.3.
func (s Set) Version(name Name) string { return s.programs[name].Version }

// Manifests is the folder of Calico's manifest, calico.yaml.
func (s Set) Manifests() string { return s.share["manifests"] }

// Confd is the folder of Calico's confd configuration: conf.d and templates. It
// is the cache's own: copy it, don't change it.
func (s Set) Confd() string { return s.share["confd"] }

// Share is the folder of a set of files that the manifest names, or "" for a name that
// it does not have. It is the cache's own: copy it, don't change it.
func (s Set) Share(name string) string { return s.share[name] }

// MissingError says that components have not been built.
type MissingError struct {
	// Modules are the modules that are missing, with their versions.
	Modules []string
	// For is the group that one of them is for; empty if every lab needs them all.
	For Group
	// Folder is where they were looked for.
	Folder string
}

func (e *MissingError) Error() string {
	if e.For != "" {
		return fmt.Sprintf("the components of %s labs are not built (no %s in %s): run `make %s-components`",
			e.For, strings.Join(e.Modules, ", no "), e.Folder, e.For)
	}
	return fmt.Sprintf("the embedded lab's components are not built (no %s in %s): run `make components`",
		strings.Join(e.Modules, ", no "), e.Folder)
}

// Locate finds the components in a cache folder (see DefaultCacheDir): those that
// every lab needs, and those of the given groups. It looks at a few files and runs
// nothing. A missing component gives a MissingError.
func Locate(cacheDir string, groups ...Group) (Set, error) {
	manifest, err := Load()
	if err != nil {
		return Set{}, err
	}
	return manifest.For(groups...).Locate(cacheDir)
}

// Locate finds the manifest's components in a cache folder.
func (m Manifest) Locate(cacheDir string) (Set, error) {
	missing, err := m.missing(cacheDir)
	if err != nil {
		return Set{}, err
	}
	if len(missing) > 0 {
		failure := &MissingError{Folder: componentsDir(cacheDir)}
		for _, place := range missing {
			failure.Modules = append(failure.Modules, place.module.title())
			failure.For = cmp.Or(failure.For, place.module.For)
		}
		return Set{}, failure
	}
	return m.Plan(cacheDir)
}

// Plan tells where in a cache folder the manifest's components lie once they are built,
// whether they are or not.
func (m Manifest) Plan(cacheDir string) (Set, error) {
	entries, err := m.List(cacheDir)
	if err != nil {
		return Set{}, err
	}
	set := Set{programs: map[Name]Entry{}, share: map[string]string{}}
	for _, entry := range entries {
		set.programs[entry.Name] = entry
	}
	for _, module := range m.Modules {
		place, err := module.in(cacheDir)
		if err != nil {
			return Set{}, err
		}
		for _, share := range module.Share {
			set.share[share.Name] = place.share(share.Name)
		}
	}
	return set, nil
}

// Entry is one program in the list of components. Built reports whether its module is
// in the cache.
type Entry struct {
	Name    Name   `json:"name"`
	Version string `json:"version"`
	Module  string `json:"module"`
	Path    string `json:"path"`
	Built   bool   `json:"built"`
}

// List lists every program of the manifest, aliases too, in the order of
// building, with its place in a cache folder.
func (m Manifest) List(cacheDir string) ([]Entry, error) {
	var entries []Entry
	for _, module := range m.Modules {
		place, err := module.in(cacheDir)
		if err != nil {
			return nil, err
		}
		built := place.complete()
		for _, program := range module.Programs {
			for _, name := range append([]Name{program.Name}, program.Aliases...) {
				entries = append(entries, Entry{
					Name:    name,
					Version: module.versionOf(program),
					Module:  module.Name,
					Path:    place.program(name),
					Built:   built,
				})
			}
		}
	}
	return entries, nil
}
