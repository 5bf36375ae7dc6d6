package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// routeChangesFile is the file of evidence that has the changes of routes for programs.
// route-changes.txt beside it is for people.
const routeChangesFile = "route-changes.json"

// RouteChange is a change of a host's main table.
type RouteChange struct {
	At   time.Time `json:"at"`
	Host string    `json:"host"`
	// Missing says that changes of the host are unknown. Otherwise the host gains or loses
	// the route to Prefix.
	Missing bool         `json:"missing,omitempty"`
	Loses   bool         `json:"loses,omitempty"`
	Prefix  netip.Prefix `json:"prefix,omitzero"`
	Text    string       `json:"text"`
}

// WriteRouteChanges writes the changes into a folder of evidence.
func WriteRouteChanges(folder string, changes []RouteChange) error {
	text, err := json.MarshalIndent(changes, "", " ")
	if err != nil {
		return fmt.Errorf("encode the changes of routes: %w", err)
	}
	return os.WriteFile(filepath.Join(folder, routeChangesFile), text, 0o644)
}

// readRouteChanges reads them. Evidence of an older suite has none.
func readRouteChanges(folder string) ([]RouteChange, error) {
	text, err := os.ReadFile(filepath.Join(folder, routeChangesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var changes []RouteChange
	if err := json.Unmarshal(text, &changes); err != nil {
		return nil, fmt.Errorf("read %s: %w (run the suite again)", filepath.Join(folder, routeChangesFile), err)
	}
	return changes, nil
}
