package docker

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sys/unix"
)

// waiting is argument 0 of this program as a container's process that waits.
const waiting = "rackproof-waits"

func TestMain(m *testing.M) {
	RunIfDaemon()
	if filepath.Base(os.Args[0]) == waiting {
		<-time.After(time.Hour)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestARealDaemon starts a daemon, runs a privileged container in it, kills its init,
// and starts another on what is left.
func TestARealDaemon(t *testing.T) {
	// Not t.TempDir: the path of a Unix socket is 108 bytes long at most.
	folder, err := os.MkdirTemp("/tmp", "rackproof-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	options := Options{CacheDir: filepath.Join(folder, "cache")}
	if err := Check(t.Context(), options); err != nil {
		t.Skipf("unable: %v", err)
	}
	s := stateAt(filepath.Join(folder, "state"))
	d, err := s.up(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.down(t.Context()); err != nil {
			t.Error(err)
		}
		if s.alive() || len(controlGroups(t, s)) > 0 {
			t.Errorf("after the end it is alive (%t), or there are control groups: %v", s.alive(), controlGroups(t, s))
		}
	}()
	if again, err := s.up(t.Context(), options); err != nil || again.PID() != d.PID() {
		t.Errorf("started again it is another: %v, %v", again, err)
	}
	pid := runContainer(t, d)
	inside, err := os.Readlink(filepath.Join(d.Proc(pid), "ns/net"))
	if err != nil {
		t.Fatal(err)
	}
	if own, _ := os.Readlink("/proc/self/ns/net"); inside == own {
		t.Error("the container is in this process's network namespace")
	}
	namespaces, err := d.Namespaces()
	if err != nil {
		t.Fatal(err)
	}
	namespaces.Close()
	if err := d.Run(exec.CommandContext(t.Context(), "test", "-d", filepath.Join("/proc", strconv.Itoa(pid)))); err != nil {
		t.Errorf("in the daemon's namespaces the process is not visible: %v", err)
	}

	if err := unix.Kill(d.PID(), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := s.waitEnd(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, err = s.up(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	c, err := d.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	containers, err := c.ContainerList(t.Context(), client.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	images, err := c.ImageList(t.Context(), client.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(containers.Items) != 0 || len(images.Items) != 1 {
		t.Errorf("after kill -9 there are %d containers, not 0, and %d images, not 1", len(containers.Items), len(images.Items))
	}
}

// runContainer runs this program, statically linked or not, in a privileged container
// that has this machine's libraries, and returns its process as the daemon counts.
func runContainer(t *testing.T, d *Daemon) int {
	t.Helper()
	c, err := d.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var empty bytes.Buffer
	writer := tar.NewWriter(&empty)
	if err := errors.Join(writer.WriteHeader(&tar.Header{Name: "program/", Typeflag: tar.TypeDir, Mode: 0o755}), writer.Close()); err != nil {
		t.Fatal(err)
	}
	imported, err := c.ImageImport(t.Context(), client.ImageImportSource{Source: &empty, SourceName: "-"}, "rackproof/test:1", client.ImageImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(imported); ; {
		var message map[string]any
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			break
		} else if err != nil || message["error"] != nil {
			t.Fatal(err, message)
		}
	}
	folder := t.TempDir()
	if err := copyProgram(filepath.Join(folder, waiting)); err != nil {
		t.Fatal(err)
	}
	binds := []string{folder + ":/program:ro"}
	for _, libraries := range []string{"/lib", "/lib64", "/usr/lib"} {
		if _, err := os.Stat(libraries); err == nil {
			binds = append(binds, libraries+":"+libraries+":ro")
		}
	}
	created, err := c.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Image:      "rackproof/test:1",
		Config:     &container.Config{Cmd: []string{"/program/" + waiting}},
		HostConfig: &container.HostConfig{Privileged: true, Binds: binds, RestartPolicy: container.RestartPolicy{Name: "on-failure", MaximumRetryCount: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ContainerStart(t.Context(), created.ID, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	inspected, err := c.ContainerInspect(t.Context(), created.ID, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !inspected.Container.State.Running {
		t.Fatalf("the container does not run: %+v", inspected.Container.State)
	}
	return inspected.Container.State.Pid
}

func controlGroups(t *testing.T, s state) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("/sys/fs/cgroup/*", s.controlGroup()))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
