package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Evidence is a folder with what a lab looked like.
type Evidence struct {
	// Folder is relative to the results folder where it lies in it.
	Folder string         `json:"folder"`
	Files  []EvidenceFile `json:"files"`
	// Fault says why files are missing.
	Fault string `json:"fault,omitempty"`
}

// EvidenceFile is one file, so that a change of it shows.
type EvidenceFile struct {
	Path   string `json:"path"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// readEvidence lists the files of a folder, and reads its changes of routes. Results may
// have moved since, from another machine for example: then the folder lies in theirs.
func readEvidence(folder, results string) (*Evidence, []RouteChange) {
	evidence := &Evidence{Folder: filepath.ToSlash(folder), Files: []EvidenceFile{}}
	const below = "/evidence/"
	if i := strings.LastIndex(evidence.Folder, below); i >= 0 {
		moved := evidence.Folder[i+1:]
		if _, err := os.Stat(filepath.Join(results, moved)); err == nil {
			evidence.Folder, folder = moved, filepath.Join(results, moved)
		}
	}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		digest := sha256.Sum256(content)
		name, err := filepath.Rel(folder, path)
		evidence.Files = append(evidence.Files, EvidenceFile{filepath.ToSlash(name), len(content), hex.EncodeToString(digest[:])})
		return err
	})
	if err != nil {
		evidence.Fault = err.Error()
	}
	changes, err := readRouteChanges(folder)
	if err != nil {
		evidence.Fault = err.Error()
	}
	return evidence, changes
}
