package kind

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/kind/pkg/cluster"
	kindexec "sigs.k8s.io/kind/pkg/exec"
	kindlog "sigs.k8s.io/kind/pkg/log"

	"github.com/rackproof/rackproof/framework/build/docker"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// makerName is argument 0 of a process that makes containers.
const makerName = "rackproof-kind"

// order is what a maker is to make. kind and testcontainers take the Docker daemon,
// the network and more from their process's environment, which is one for all labs of
// a process, so they run in a process of their own.
type order struct {
	Cluster string            `json:"cluster"`
	Config  *v1alpha4.Cluster `json:"config"`
	// Kubeconfig is where kind writes one for the Docker host.
	Kubeconfig string         `json:"kubeconfig"`
	Containers []containerJob `json:"containers"`
}

// containerJob is a container without a network, which waits until it is joined.
type containerJob struct {
	Name     string            `json:"name"`
	Hostname string            `json:"hostname"`
	Image    string            `json:"image"`
	Labels   map[string]string `json:"labels"`
}

// runIfMaker makes containers for a lab if this process was started for that: a maker is
// the same program again, under another name.
func runIfMaker() {
	if filepath.Base(os.Args[0]) != makerName {
		return
	}
	if err := runMaker(context.Background(), os.Stdin); err != nil {
		fmt.Println(err) // standard output is the error that the lab shows, standard error is the log
		os.Exit(1)
	}
	os.Exit(0)
}

func runMaker(ctx context.Context, from io.Reader) error {
	var o order
	if err := json.NewDecoder(from).Decode(&o); err != nil {
		return fmt.Errorf("read what to make: %w", err)
	}
	tasks, ctx := errgroup.WithContext(ctx)
	for _, job := range o.Containers {
		tasks.Go(func() error { return makeContainer(ctx, job) })
	}
	if o.Config != nil {
		tasks.Go(func() error { return makeCluster(o) })
	}
	return tasks.Wait()
}

func makeContainer(ctx context.Context, job containerJob) error {
	_, err := testcontainers.GenericContainer(ctx, testcontainers.GenericContainerRequest{
		ContainerRequest: testcontainers.ContainerRequest{
			Image: job.Image, Name: job.Name, Labels: job.Labels,
			Entrypoint:     []string{"sleep"},
			Cmd:            []string{"infinity"},
			ConfigModifier: func(c *container.Config) { c.Hostname = job.Hostname },
			HostConfigModifier: func(c *container.HostConfig) {
				c.NetworkMode, c.Privileged = "none", true
			},
		},
		Started: true,
		Logger:  toStderr{},
	})
	if err != nil {
		return fmt.Errorf("make container %s of image %s: %w", job.Name, job.Image, err)
	}
	return nil
}

// makeCluster makes the cluster. Nodes of one that fails stay, for whoever removes the
// lab.
func makeCluster(o order) error {
	provider := cluster.NewProvider(cluster.ProviderWithDocker(), cluster.ProviderWithLogger(toStderr{}))
	err := provider.Create(o.Cluster,
		cluster.CreateWithV1Alpha4Config(o.Config), cluster.CreateWithKubeconfigPath(o.Kubeconfig),
		cluster.CreateWithRetain(true), cluster.CreateWithDisplayUsage(false), cluster.CreateWithDisplaySalutation(false))
	if err == nil {
		return nil
	}
	if failed := kindexec.RunErrorForError(err); failed != nil {
		fmt.Fprintf(os.Stderr, "%s\n%s\n", strings.Join(failed.Command, " "), failed.Output)
		lines := strings.Split(strings.TrimSpace(string(failed.Output)), "\n")
		return fmt.Errorf("make the kind cluster: %w; the last lines:\n    %s", err, strings.Join(lines[max(0, len(lines)-errorLines):], "\n    "))
	}
	return fmt.Errorf("make the kind cluster: %w", err)
}

// errorLines is how many last lines an error shows.
const errorLines = 12

// toStderr is a logger of kind's and of testcontainers'.
type toStderr struct{}

func (toStderr) Printf(format string, v ...any)   { fmt.Fprintf(os.Stderr, format+"\n", v...) }
func (toStderr) Warn(message string)              { fmt.Fprintln(os.Stderr, message) }
func (l toStderr) Warnf(format string, v ...any)  { l.Printf(format, v...) }
func (toStderr) Error(message string)             { fmt.Fprintln(os.Stderr, message) }
func (l toStderr) Errorf(format string, v ...any) { l.Printf(format, v...) }
func (l toStderr) V(level kindlog.Level) kindlog.InfoLogger {
	if level > 0 {
		return kindlog.NoopInfoLogger{}
	}
	return l
}
func (toStderr) Info(message string)             { fmt.Fprintln(os.Stderr, message) }
func (l toStderr) Infof(format string, v ...any) { l.Printf(format, v...) }
func (toStderr) Enabled() bool                   { return true }

// make starts a maker with an order and waits for its end. Its log is a file.
func (f folder) make(ctx context.Context, daemon *docker.Daemon, component string, o order) error {
	data, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write what to make: %w", err)
	}
	log, err := f.openLog(component)
	if err != nil {
		return err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Args[0] = makerName
	cmd.Dir = "/"
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
		"KIND_EXPERIMENTAL_DOCKER_NETWORK=" + o.Cluster,
		// testcontainers would remove the containers after a test, and the lab keeps
		// them.
		"TESTCONTAINERS_RYUK_DISABLED=true",
	}, daemon.Environment()...)
	var stdout bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(data), &stdout, log
	if err := runWithParent(cmd); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if text := strings.TrimSpace(stdout.String()); text != "" {
			return fmt.Errorf("%s (log: %s)", text, log.Name())
		}
		return fmt.Errorf("make containers: %w (log: %s)", err, log.Name())
	}
	return nil
}

// openLog opens a log of the lab's own.
func (f folder) openLog(component string) (*os.File, error) {
	path := supervisor.LogPath(f.Path(logFolder), "lab", component)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("lab %s: open a log: %w", f.Name(), err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lab %s: open a log: %w", f.Name(), err)
	}
	return file, nil
}

// runWithParent runs a command, in a process group of its own, that ends when its
// context or this process does.
func runWithParent(cmd *exec.Cmd) error {
	// The signal comes when the thread ends that started the command, so that one stays.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd.Run()
}
