package kind

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// routerHost is the container where a router's programs run (router.Machine). It notes
// them in the router's state.
type routerHost struct {
	lab *Lab
	// router is what the router's file says it does.
	router fabric.Router
	state  *routerState
}

// DialContext implements router.Machine.
func (h routerHost) DialContext() router.Dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, err := h.lab.host(h.router.Host)
		if err != nil {
			return nil, err
		}
		return host.DialContext(ctx, network, address)
	}
}

// Write implements router.Machine.
func (h routerHost) Write(files []router.File, folders []router.Folder) error {
	host, err := h.lab.host(h.router.Host)
	if err != nil {
		return err
	}
	set, err := host.open()
	if err != nil {
		return err
	}
	defer set.Close()
	content := map[string][]byte{}
	for _, file := range files {
		content[file.Path] = file.Content
	}
	if err := set.WriteFiles(content, 0o644); err != nil {
		return fmt.Errorf("write its configuration: %w", err)
	}
	return set.Do(func() error { return router.MakeFolders(folders) })
}

// Start implements router.Machine.
func (h routerHost) Start(ctx context.Context, p router.Program) error {
	started, err := h.lab.startProgram(ctx, h.router.Host, p)
	if err != nil {
		return err
	}
	if i := h.state.find(p.Name); i >= 0 {
		h.state.Programs[i] = started
	} else {
		h.state.Programs = append(h.state.Programs, started)
	}
	return nil
}

// Restart implements router.Machine.
func (h routerHost) Restart(ctx context.Context, p router.Program) error {
	i := h.state.find(p.Name)
	h.state.Programs[i].Stopped = true
	// The lab's watch reads it before the end.
	if err := h.lab.writeRouter(h.router, *h.state); err != nil {
		return err
	}
	if err := h.lab.signalProgram(ctx, h.state.Programs[i], syscall.SIGTERM); err != nil {
		return err
	}
	return h.Start(ctx, p)
}

// Ended implements router.Machine.
func (h routerHost) Ended(ctx context.Context, p router.Program) error {
	i := h.state.find(p.Name)
	if i < 0 {
		return fmt.Errorf("%s has no program %s", h.router.Host, p.Name)
	}
	status, err := h.lab.programStatus(ctx, h.router.Host, h.state.Programs[i])
	switch {
	case err != nil:
		return err
	case status.State == supervisor.Running:
		return nil
	case status.Error != "":
		return errors.New(status.Error)
	}
	return fmt.Errorf("%s: %s has ended", h.router.Host, p.Name)
}
