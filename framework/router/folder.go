package router

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// passwd is the file of a host's users (passwd(5)).
const passwd = "/etc/passwd"

// MakeFolders makes the folders of a router, and gives those that have a user to it:
// daemons that give up root could not write there. It is to be called in the host's
// file system.
func MakeFolders(folders []Folder) error {
	for _, f := range folders {
		if err := os.MkdirAll(f.Path, 0o755); err != nil {
			return err
		}
		if f.User == "" {
			continue
		}
		uid, gid, err := ownerIn(passwd, f.User)
		if err != nil {
			return fmt.Errorf("give %s to user %s: %w", f.Path, f.User, err)
		}
		if err := os.Chown(f.Path, uid, gid); err != nil {
			return err
		}
	}
	return nil
}

// ownerIn finds a user's ids in a passwd file: the host's own, which this program's
// own look-up would not read.
func ownerIn(file, user string) (uid, gid int, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(line, ":")
		if len(fields) < 4 || fields[0] != user {
			continue
		}
		uid, errUID := strconv.Atoi(fields[2])
		gid, errGID := strconv.Atoi(fields[3])
		return uid, gid, errors.Join(errUID, errGID)
	}
	return 0, 0, fmt.Errorf("the host has no user %s: install the router's package, or use an image that has it", user)
}
