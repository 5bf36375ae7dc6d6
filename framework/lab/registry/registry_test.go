package registry

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	root := Root{Path: t.TempDir(), NameLength: 5}
	for name, ok := range map[string]bool{
		"a": true, "a-b": true, "12345": true, "": false, "-a": false, "a-": false, "A": false, "a/b": false, "..": false, "123456": false,
	} {
		if f, err := root.Of(name); (err == nil) != ok || ok && f.Name() != name {
			t.Errorf("%q: got %q, %v", name, f, err)
		}
	}
}

func TestAFolderIsHeldAsLongAsItsLockIsOpen(t *testing.T) {
	root := Root{Path: filepath.Join(t.TempDir(), "labs"), NameLength: 10}
	f, err := root.Of("x")
	if err != nil {
		t.Fatal(err)
	}
	if f.Held() {
		t.Error("it is held before it is there")
	}
	lock, err := root.Create(f, "logs", f.Held)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write("deep/file", []byte("data")); err != nil {
		t.Fatal(err)
	}
	if _, err := root.Create(f, "logs", f.Held); !errors.Is(err, ErrNameInUse) || !strings.Contains(err.Error(), "lab down x") {
		t.Errorf("twice: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if f.Held() {
		t.Error("it is held after its lock is closed")
	}
	// The dead one's folder goes.
	again, err := root.Create(f, "logs", f.Held)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := os.Stat(f.Path("deep/file")); !os.IsNotExist(err) {
		t.Errorf("an old file is there: %v", err)
	}
	if list, err := root.List(); err != nil || len(list) != 1 || list[0] != f {
		t.Errorf("got %v, %v", list, err)
	}
	if err := root.Remove(f); err != nil {
		t.Error(err)
	}
	if list, err := root.List(); err != nil || len(list) != 0 {
		t.Errorf("after it was removed: %v, %v", list, err)
	}
}
