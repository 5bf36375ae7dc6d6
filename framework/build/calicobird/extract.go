package calicobird

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// largest bounds a program's size in octets: many times that of Calico's.
const largest = 64 << 20

// extract takes BIRD and its client out of an archive of a root file system.
func extract(archive io.Reader, folder string) error {
	have := map[string]bool{}
	reader := tar.NewReader(archive)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read the archive: %w: use one of an image, of a root file system, or the program itself", err)
		}
		at, file := path.Split(path.Clean(header.Name))
		if header.Typeflag != tar.TypeReg || !slices.Contains([]string{"bin", "sbin"}, path.Base(at)) {
			continue
		}
		target := file
		switch file {
		case daemon, client:
		case simpleClient:
			target = client
		default:
			continue
		}
		if header.Size > largest {
			return fmt.Errorf("%s has %d octets, which is no BIRD", header.Name, header.Size)
		}
		if err := write(reader, filepath.Join(folder, target)); err != nil {
			return err
		}
		have[target] = true
	}
	for _, name := range []string{daemon, client} {
		if !have[name] {
			return fmt.Errorf("it has no %s in a folder bin or sbin: use calico-node's image", name)
		}
	}
	return nil
}

// reader is a file, without its compression.
type reader struct {
	*bufio.Reader
	file *os.File
}

// Close implements io.Closer.
func (r reader) Close() error { return r.file.Close() }

// open opens a file that may be compressed by gzip.
func open(path string) (reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return reader{}, err
	}
	content := bufio.NewReader(file)
	if start, _ := content.Peek(2); string(start) == "\x1f\x8b" {
		plain, err := gzip.NewReader(content)
		if err != nil {
			return reader{}, errors.Join(err, file.Close())
		}
		content = bufio.NewReader(plain)
	}
	return reader{content, file}, nil
}

// copyFile copies a program.
func copyFile(from, to string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	return write(file, to)
}

// write makes a program of what is read.
func write(content io.Reader, to string) error {
	file, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
