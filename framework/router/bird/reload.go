package bird

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Reload records one request to BIRD to read its configuration files again, and what
// became of it. A node has the record of the last one (see Instance). A node whose
// BIRD has been asked nothing since it started has none.
type Reload struct {
	// Time is when BIRD answered, or when it was clear that it does not.
	Time time.Time `json:"time"`
	// Files is the digest of the files as they were just before BIRD was asked: see
	// HashConfiguration. Files that change after that bring a request of their own.
	Files string `json:"files"`
	// Error says why BIRD does not run these files. It is empty if it runs them.
	Error string `json:"error,omitempty"`
	// Refused says that BIRD read the files and does not accept them. Then what is wrong is
	// what the files say, and not the reload.
	Refused bool `json:"refused,omitempty"`
}

// HashConfiguration returns the SHA-256 of the three files that confd writes for BIRD,
// bird.cfg, bird_aggr.cfg and bird_ipam.cfg, in hexadecimal. A zero byte after each
// file's content keeps them apart.
func HashConfiguration(bird, aggr, ipam []byte) string {
	hash := sha256.New()
	for _, content := range [][]byte{bird, aggr, ipam} {
		hash.Write(content)
		hash.Write([]byte{0})
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// ReadReload reads a record from the content of its file.
func ReadReload(data []byte) (Reload, error) {
	var reload Reload
	if err := json.Unmarshal(data, &reload); err != nil {
		return Reload{}, fmt.Errorf("read the record of BIRD's last reload: %w", err)
	}
	if err := reload.check(); err != nil {
		return Reload{}, fmt.Errorf("read the record of BIRD's last reload: %w", err)
	}
	return reload, nil
}

// check refuses a record that says nothing about a reload.
func (r Reload) check() error {
	if r.Time.IsZero() {
		return errors.New("it has no time")
	}
	if digest, err := hex.DecodeString(r.Files); err != nil || len(digest) != sha256.Size {
		return fmt.Errorf("its digest of the files is %q, not a SHA-256 in hexadecimal", r.Files)
	}
	return nil
}

// Write makes the record the content of the file at path. A reader sees the old record
// or the new one, never a part.
func (r Reload) Write(path string) (err error) {
	if err := r.check(); err != nil {
		return fmt.Errorf("write the record of BIRD's reload: %w", err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the record of BIRD's reload: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write the record of BIRD's reload: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
			err = fmt.Errorf("write the record of BIRD's reload: %w", err)
		}
	}()
	if err := writeAndClose(file, append(data, '\n')); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// writeAndClose gives a file that everyone may read its content.
func writeAndClose(file *os.File, data []byte) error {
	_, err := file.Write(data)
	if err == nil {
		err = file.Chmod(0o644)
	}
	return errors.Join(err, file.Close())
}
