package vm

import "testing"

func TestOwnFolder(t *testing.T) {
	for path, want := range map[string]string{
		"/run": "/run", "/run/user/0": "/run", "/dev/shm/x": "/dev", "/": "", "/home/run": "", "/runs": "", "/..x": "",
	} {
		if got := OwnFolder(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
