package namespace

import (
	"os"
	"path/filepath"
)

// ReadFile reads a file inside the mount namespace.
func (s Set) ReadFile(path string) ([]byte, error) {
	var data []byte
	err := s.Do(func() (err error) {
		data, err = os.ReadFile(path)
		return err
	})
	return data, err
}

// WriteFiles writes files inside the mount namespace, and the folders they lie in.
func (s Set) WriteFiles(files map[string][]byte, mode os.FileMode) error {
	return s.Do(func() error {
		for path, data := range files {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, data, mode); err != nil {
				return err
			}
		}
		return nil
	})
}
