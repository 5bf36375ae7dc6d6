package namespace

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDoIsNeverOnTheFirstThread(t *testing.T) {
	for range 200 {
		err := Set{}.Do(func() error {
			if unix.Gettid() == unix.Getpid() {
				return errors.New("on the process's first thread")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
