package controlplane

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// CopySparse copies a folder, leaving out the zeros: etcd's log is 64 MB of them
// with little before.
func CopySparse(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if entry.IsDir() {
			// etcd refuses a folder that others can read.
			return os.MkdirAll(target, 0o700)
		}
		return copySparseFile(path, target)
	})
}

func copySparseFile(from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	block := make([]byte, 64<<10)
	zeros := make([]byte, len(block))
	for offset := int64(0); offset < info.Size(); {
		n, err := source.ReadAt(block, offset)
		if n > 0 && string(block[:n]) != string(zeros[:n]) {
			if _, err := target.WriteAt(block[:n], offset); err != nil {
				return err
			}
		}
		offset += int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	return target.Truncate(info.Size())
}
