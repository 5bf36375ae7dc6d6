package netns

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/rackproof/rackproof/framework/supervisor"
)

// Components lists the states of the lab's components.
func (l *Lab) Components(ctx context.Context) ([]supervisor.Status, error) {
	var list []supervisor.Status
	body, err := l.control(ctx, http.MethodGet, "/components", nil)
	if err != nil {
		return nil, fmt.Errorf("lab %s: list its components: %w", l.Name(), err)
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("lab %s: list its components: %w", l.Name(), err)
	}
	return list, nil
}

// ShareEqually implements lab.Sharer.
func (l *Lab) ShareEqually(ctx context.Context) error {
	if _, err := l.control(ctx, http.MethodPost, "/components/share", nil); err != nil {
		return fmt.Errorf("give the components equal shares of the processors: %w", err)
	}
	return nil
}

// StopComponent implements lab.ComponentController.
func (l *Lab) StopComponent(ctx context.Context, host, component string) error {
	return l.controlComponent(ctx, host, component, "stop")
}

// KillComponent implements lab.ComponentController.
func (l *Lab) KillComponent(ctx context.Context, host, component string) error {
	return l.controlComponent(ctx, host, component, "stop?signal=9")
}

// StartComponent implements lab.ComponentController.
func (l *Lab) StartComponent(ctx context.Context, host, component string) error {
	return l.controlComponent(ctx, host, component, "start")
}

func (l *Lab) controlComponent(ctx context.Context, host, component, action string) error {
	if _, err := l.control(ctx, http.MethodPost, fmt.Sprintf("/components/%s/%s/%s", host, component, action), nil); err != nil {
		return fmt.Errorf("lab %s: %w", l.Name(), err)
	}
	return nil
}
