package image

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	mobyarchive "github.com/moby/go-archive"
	"golang.org/x/sys/unix"
)

// layer is a layer's archive in the cache, as a v1.Layer. Nothing is compressed: it goes
// to a daemon of this machine.
type layer struct {
	path   string
	digest v1.Hash
}

// Digest implements v1.Layer.
func (l layer) Digest() (v1.Hash, error) { return l.digest, nil }

// DiffID implements v1.Layer.
func (l layer) DiffID() (v1.Hash, error) { return l.digest, nil }

// Compressed implements v1.Layer.
func (l layer) Compressed() (io.ReadCloser, error) { return os.Open(l.path) }

// Uncompressed implements v1.Layer.
func (l layer) Uncompressed() (io.ReadCloser, error) { return os.Open(l.path) }

// Size implements v1.Layer.
func (l layer) Size() (int64, error) {
	info, err := os.Stat(l.path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// MediaType implements v1.Layer.
func (l layer) MediaType() (types.MediaType, error) { return types.DockerUncompressedLayer, nil }

// hashOf names a digest of SHA-256, in hexadecimal.
func hashOf(digest string) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: digest} }

// writeLayer writes a folder as a layer: in the order of names, with owners by number
// alone, and with no date after epoch. The folder may be the upper one of an overlay:
// what that marks as removed becomes whiteouts.
func writeLayer(folder, path string, epoch time.Time) (l layer, err error) {
	file, err := os.Create(path)
	if err != nil {
		return layer{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	digest := sha256.New()
	writer := layerWriter{tar: tar.NewWriter(io.MultiWriter(file, digest)), epoch: epoch, links: map[uint64]string{}}
	if err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if err := writer.add(path, name, entry); err != nil {
			return fmt.Errorf("/%s: %w", name, err)
		}
		return nil
	}); err != nil {
		return layer{}, err
	}
	if err := writer.tar.Close(); err != nil {
		return layer{}, err
	}
	return layer{path: path, digest: hashOf(hex.EncodeToString(digest.Sum(nil)))}, nil
}

type layerWriter struct {
	tar   *tar.Writer
	epoch time.Time
	// links are the names by which files with several were written, by inode.
	links map[uint64]string
}

func (w *layerWriter) add(path, name string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	var stat unix.Stat_t
	if err := unix.Lstat(path, &stat); err != nil {
		return err
	}
	switch {
	case name == ".":
		return nil
	case info.Mode()&fs.ModeSocket != 0:
		return nil // nobody listens in an image
	case info.Mode()&fs.ModeCharDevice != 0 && stat.Rdev == 0:
		folder, base := filepath.Split(name)
		return w.empty(folder + mobyarchive.WhiteoutPrefix + base)
	}
	link := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(path); err != nil {
			return err
		}
	}
	header, err := mobyarchive.FileInfoHeader(name, info, link)
	if err != nil {
		return err
	}
	if err := mobyarchive.ReadSecurityXattrToTarHeader(path, header); err != nil {
		return err
	}
	if header.ModTime.After(w.epoch) {
		header.ModTime = w.epoch
	}
	if info.Mode().IsRegular() && stat.Nlink > 1 {
		if first, ok := w.links[stat.Ino]; ok {
			header.Typeflag, header.Linkname, header.Size = tar.TypeLink, first, 0
			return w.tar.WriteHeader(header)
		}
		w.links[stat.Ino] = name
	}
	if err := w.tar.WriteHeader(header); err != nil {
		return err
	}
	if info.IsDir() && opaque(path) {
		return w.empty(name + "/" + mobyarchive.WhiteoutOpaqueDir)
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(w.tar, file)
	return err
}

// empty writes an empty file: a mark.
func (w *layerWriter) empty(name string) error {
	return w.tar.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, ModTime: w.epoch, Format: tar.FormatPAX})
}

// opaque reports whether a folder of an overlay hides the one below.
func opaque(path string) bool {
	buffer := make([]byte, 8)
	n, err := unix.Lgetxattr(path, "trusted.overlay.opaque", buffer)
	return err == nil && strings.HasPrefix(string(buffer[:n]), "y")
}
