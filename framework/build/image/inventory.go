package image

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Inventory is what an image has in it, with versions.
type Inventory struct {
	Image string `json:"image"`
	// Base is the inventory's part that comes from the image below: its name.
	Base string `json:"base,omitempty"`
	// Suite is the release of the distribution.
	Suite string `json:"suite,omitempty"`
	// Packages are the distribution's, those of the base too.
	Packages []Version `json:"packages,omitempty"`
	// Programs are the components.
	Programs []Version `json:"programs,omitempty"`
	// Images are those in the image's own store.
	Images []Version `json:"images,omitempty"`
}

// Version is a part of an image and its version.
type Version struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// parsePackages reads a list of packages, a name and a version in each line.
func parsePackages(text string) ([]Version, error) {
	var list []Version
	for line := range strings.Lines(text) {
		name, version, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if !ok {
			return nil, fmt.Errorf("a list of packages has the line %q", line)
		}
		list = append(list, Version{name, version})
	}
	slices.SortFunc(list, func(a, b Version) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (i Inventory) write(path string) error {
	data, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func readInventory(path string) (Inventory, error) {
	var inventory Inventory
	data, err := os.ReadFile(path)
	if err != nil {
		return inventory, err
	}
	return inventory, json.Unmarshal(data, &inventory)
}

// label is the inventory as an image's label: without the distribution's packages,
// which would make it long; their list is in the image itself.
func (i Inventory) label() (string, error) {
	short := i
	short.Packages = nil
	data, err := json.Marshal(short)
	return string(data), err
}
