package controlplane

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestCopySparse(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	data := make([]byte, 4<<20)
	copy(data, "head")
	copy(data[2<<20+17:], "middle")
	if err := os.Mkdir(filepath.Join(from, "wal"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "wal", "0.wal"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CopySparse(from, to); err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(filepath.Join(to, "wal", "0.wal"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(copied, data) {
		t.Error("the copy has other content")
	}
	var stat syscall.Stat_t
	if err := syscall.Stat(filepath.Join(to, "wal", "0.wal"), &stat); err != nil {
		t.Fatal(err)
	}
	if taken := stat.Blocks * 512; taken > 1<<20 {
		t.Errorf("the copy of %d bytes with two blocks of content takes %d bytes", len(data), taken)
	}
}
