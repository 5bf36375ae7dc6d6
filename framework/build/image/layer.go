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

	"golang.org/x/sys/unix"
)

// Names that an image's layer has for what it removes from those below (OCI image
// specification, "Whiteouts").
const (
	whiteoutPrefix = ".wh."
	opaqueWhiteout = ".wh..wh..opq"
)

// capabilityAttribute is the extended attribute of a file that gives its program
// capabilities.
const capabilityAttribute = "security.capability"

// layer is a layer's archive in the cache.
type layer struct {
	path string
	// digest is that of the archive, in hexadecimal.
	digest string
}

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
	return layer{path: path, digest: hex.EncodeToString(digest.Sum(nil))}, nil
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
		return w.empty(folder + whiteoutPrefix + base)
	}
	link := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(path); err != nil {
			return err
		}
	}
	header, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	header.Name = name
	header.Uname, header.Gname = "", ""
	header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
	header.ModTime = w.date(header.ModTime)
	header.Format = tar.FormatPAX
	if info.IsDir() {
		header.Name += "/"
	}
	if attribute := capabilityOf(path); attribute != "" {
		header.PAXRecords = map[string]string{"SCHILY.xattr." + capabilityAttribute: attribute}
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
		return w.empty(name + "/" + opaqueWhiteout)
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

// date is a file's date in whole seconds, not after the epoch.
func (w *layerWriter) date(date time.Time) time.Time {
	if date.After(w.epoch) {
		return w.epoch
	}
	return date.Truncate(time.Second)
}

// capabilityOf is a program's capabilities as the kernel keeps them; empty for none.
func capabilityOf(path string) string {
	buffer := make([]byte, 64)
	n, err := unix.Lgetxattr(path, capabilityAttribute, buffer)
	if err != nil {
		return "" // most files have none
	}
	return string(buffer[:n])
}

// opaque reports whether a folder of an overlay hides the one below.
func opaque(path string) bool {
	buffer := make([]byte, 8)
	n, err := unix.Lgetxattr(path, "trusted.overlay.opaque", buffer)
	return err == nil && strings.HasPrefix(string(buffer[:n]), "y")
}
