package router

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOwnerIn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(file, []byte("root:x:0:0:root:/root:/bin/sh\nfrr:x:101:102::/:/bin/false\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if uid, gid, err := ownerIn(file, "frr"); uid != 101 || gid != 102 || err != nil {
		t.Errorf("got %d, %d, %v", uid, gid, err)
	}
	if _, _, err := ownerIn(file, "bird"); err == nil || !strings.Contains(err.Error(), "no user bird") {
		t.Errorf("got %v", err)
	}
}
