package image

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rackproof/rackproof/fixtures/images"
)

// imagesDir is where images' layers lie, a folder for each image.
func imagesDir(cacheDir string) string { return filepath.Join(cacheDir, "images") }

// Names of files in an image's folder.
const (
	layerFile     = "layer.tar"
	recordFile    = "layer.json"
	inventoryFile = "inventory.json"
	// rootFolder has the layer as a folder, for images that begin with it.
	rootFolder = "root"
)

// record describes a layer without reading it.
type record struct {
	Digest string `json:"digest"`
}

// place is where an image lies in the cache.
type place struct {
	image  Image
	key    string
	folder string
	// base is nil for an image that begins with nothing.
	base *place
	// preloads are the images in its store.
	preloads []*place
}

// places finds each image's place. The key at the end of a folder's name stands for
// everything that the image is made from, apart from the distribution's packages:
// their versions are what the servers had when the image was made.
func (m Manifest) places(components components, suite, cacheDir string) (map[string]*place, error) {
	places := map[string]*place{}
	for _, image := range m.Images {
		p := &place{image: image}
		description := struct {
			Image      Image
			Epoch      int64
			Suite      string
			Script     string
			Setup      string
			Components []string
			Needs      []string
		}{Image: image, Epoch: m.Epoch.Unix(), Suite: suite}
		description.Image.About = ""
		if image.Setup != "" {
			script, err := images.Script(image.Setup)
			if err != nil {
				return nil, fmt.Errorf("image %s: %w", image.Name, err)
			}
			description.Setup, description.Script = digestOf(script), digestOf([]byte(rootScript))
		}
		// Components' folders have keys of their own in their paths.
		for _, name := range image.programs() {
			path, _, err := components.program(name)
			if err != nil {
				return nil, fmt.Errorf("image %s: %w", image.Name, err)
			}
			description.Components = append(description.Components, filepath.Base(filepath.Dir(filepath.Dir(path))))
		}
		for _, share := range image.Shares {
			path, err := components.share(share.Name)
			if err != nil {
				return nil, fmt.Errorf("image %s: %w", image.Name, err)
			}
			description.Components = append(description.Components, filepath.Base(filepath.Dir(filepath.Dir(path))))
		}
		for _, need := range m.needs(image) {
			description.Needs = append(description.Needs, places[need].key)
		}
		if image.Base != "" {
			p.base = places[image.Base]
		}
		for _, name := range m.preloads(image) {
			p.preloads = append(p.preloads, places[name])
		}
		data, err := json.Marshal(description)
		if err != nil {
			return nil, fmt.Errorf("image %s: %w", image.Name, err)
		}
		p.key = digestOf(data)[:12]
		p.folder = filepath.Join(imagesDir(cacheDir), fmt.Sprintf("%s_%s_%s", image.Name, runtime.GOARCH, p.key))
		places[image.Name] = p
	}
	return places, nil
}

// complete reports whether the image has been made. A build puts a folder in its place
// whole.
func (p *place) complete() bool {
	for _, name := range []string{layerFile, recordFile, inventoryFile} {
		if _, err := os.Stat(filepath.Join(p.folder, name)); err != nil {
			return false
		}
	}
	return true
}

// removeOlder removes what was made of the image before something that it is made
// from changed.
func (p *place) removeOlder() error {
	folders, err := filepath.Glob(filepath.Join(filepath.Dir(p.folder), fmt.Sprintf("%s_%s_*", p.image.Name, runtime.GOARCH)))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if folder == p.folder {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return nil
}

func (p *place) path(name string) string { return filepath.Join(p.folder, name) }

// digestOf is the SHA-256 of data, in hexadecimal.
func digestOf(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// layers are the image's, the lowest first.
func (p *place) layers() ([]layer, error) {
	var list []layer
	if p.base != nil {
		below, err := p.base.layers()
		if err != nil {
			return nil, err
		}
		list = below
	}
	var r record
	data, err := os.ReadFile(p.path(recordFile))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", p.path(recordFile), err)
	}
	return append(list, layer{path: p.path(layerFile), digest: hashOf(r.Digest)}), nil
}

// roots are the folders of the image's layers, the topmost first.
func (p *place) roots() []string {
	if p == nil {
		return nil
	}
	return append([]string{p.path(rootFolder)}, p.base.roots()...)
}

// archive is the image as it can be written.
func (p *place) archive(m Manifest) (archive, error) {
	layers, err := p.layers()
	if err != nil {
		return archive{}, fmt.Errorf("image %s: %w", p.image.Name, err)
	}
	inventory, err := readInventory(p.path(inventoryFile))
	if err != nil {
		return archive{}, fmt.Errorf("image %s: %w", p.image.Name, err)
	}
	label, err := inventory.label()
	if err != nil {
		return archive{}, fmt.Errorf("image %s: %w", p.image.Name, err)
	}
	image, err := newImage(layers, m.Epoch, p.image.Config, map[string]string{LabelKey: p.key, LabelInventory: label})
	if err != nil {
		return archive{}, fmt.Errorf("image %s: %w", p.image.Name, err)
	}
	return archive{append([]string{p.image.Reference}, p.image.Aliases...), image}, nil
}

// Labels of images that were built here.
const (
	// LabelKey stands for everything that the image was made from.
	LabelKey = "io.rackproof.key"
	// LabelInventory has the versions of the programs, as JSON.
	LabelInventory = "io.rackproof.inventory"
)
