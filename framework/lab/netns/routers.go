package netns

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/rackproof/rackproof/framework/fabric"
)

// Routers implements lab.RouterController.
func (l *Lab) Routers(ctx context.Context) ([]fabric.Router, error) {
	body, err := l.control(ctx, http.MethodGet, "/routers", nil)
	if err != nil {
		return nil, fmt.Errorf("lab %s: ask for its routers' configuration: %w", l.Name(), err)
	}
	var routers []fabric.Router
	if err := json.Unmarshal(body, &routers); err != nil {
		return nil, fmt.Errorf("lab %s: ask for its routers' configuration: %w", l.Name(), err)
	}
	place := map[string]int{}
	for i, host := range l.spec.Topology.Hosts {
		place[host.Name] = i
	}
	slices.SortFunc(routers, func(a, b fabric.Router) int { return cmp.Compare(place[a.Host], place[b.Host]) })
	return routers, nil
}

// ConfigureRouter implements lab.RouterController.
func (l *Lab) ConfigureRouter(ctx context.Context, router fabric.Router) error {
	body, err := json.Marshal(router)
	if err != nil {
		return fmt.Errorf("lab %s: %s: configure its router: %w", l.Name(), router.Host, err)
	}
	if _, err := l.control(ctx, http.MethodPut, "/routers/"+router.Host, bytes.NewReader(body)); err != nil {
		return fmt.Errorf("lab %s: %w", l.Name(), err)
	}
	return nil
}
