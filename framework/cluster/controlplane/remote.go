package controlplane

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/rackproof/rackproof/framework/supervisor"
)

// Port is where a place is served, at the address of the control plane that it is for.
const Port = 6442

// Remote is a place that is served elsewhere.
type Remote struct {
	// Server is where it is served.
	Server netip.AddrPort
	// Host is the name by which the caller knows the place.
	Host string
	// Dir is the folder of the control plane's files, as its programs see it.
	Dir string
	// Prepared says that etcd begins with a prepared state.
	Prepared bool
}

var _ Place = Remote{}

// Path implements Place.
func (r Remote) Path(name string) string { return path.Join(r.Dir, name) }

// Seeded implements Place.
func (r Remote) Seeded() bool { return r.Prepared }

// Begin implements Place.
func (r Remote) Begin(ctx context.Context, files map[string][]byte) error {
	_, err := r.request(ctx, http.MethodPost, "/begin", begun{files})
	return err
}

// Start implements Place.
func (r Remote) Start(ctx context.Context, name string, arguments []string) error {
	_, err := r.request(ctx, http.MethodPost, "/components/"+name, started{arguments})
	return err
}

// Stop implements Place.
func (r Remote) Stop(ctx context.Context, name string, signal syscall.Signal) error {
	query := ""
	if signal == syscall.SIGKILL {
		query = "?signal=9"
	}
	_, err := r.request(ctx, http.MethodPost, "/components/"+name+"/stop"+query, nil)
	return err
}

// Restart implements Place.
func (r Remote) Restart(ctx context.Context, name string) error {
	_, err := r.request(ctx, http.MethodPost, "/components/"+name+"/start", nil)
	return err
}

// Status implements Place.
func (r Remote) Status(ctx context.Context) ([]supervisor.Status, error) {
	body, err := r.request(ctx, http.MethodGet, "/components", nil)
	if err != nil {
		return nil, err
	}
	var list []supervisor.Status
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("list the control plane's programs: %w", err)
	}
	for i := range list {
		list[i].Host = r.Host
	}
	return list, nil
}

// reachInterval is the interval of attempts to reach a place that is being made.
const reachInterval = 50 * time.Millisecond

// reachTimeout bounds how long a place may take to be made.
const reachTimeout = 20 * time.Second

// Hold keeps the place as long as ctx lasts, and calls died for each program that ends
// unasked. It returns when the place is held.
func (r Remote) Hold(ctx context.Context, died func(error)) error {
	deadline := time.Now().Add(reachTimeout)
	for {
		err := r.hold(ctx, died)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("reach the control plane's place at %s outside of this kernel: %w", r.Server, err)
		}
		select {
		case <-time.After(reachInterval):
		case <-ctx.Done():
		}
	}
}

// hold begins a lifeline.
func (r Remote) hold(ctx context.Context, died func(error)) error {
	response, err := r.send(ctx, http.MethodGet, "/lifeline", nil) //nolint:bodyclose // by what follows it
	if err != nil {
		return err
	}
	go follow(ctx, response.Body, died)
	return nil
}

// follow reads the lines of a lifeline.
func follow(ctx context.Context, body io.ReadCloser, died func(error)) {
	defer body.Close()
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		var told string
		if json.Unmarshal(lines.Bytes(), &told) == nil {
			died(errors.New(told))
		}
	}
	if ctx.Err() == nil {
		died(fmt.Errorf("the control plane's place outside of this kernel is gone: %w", errors.Join(io.ErrUnexpectedEOF, lines.Err())))
	}
}

// request sends a request and returns the answer's body.
func (r Remote) request(ctx context.Context, method, target string, body any) ([]byte, error) {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(data)
	}
	response, err := r.send(ctx, method, target, reader)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// send sends a request; an answer that is a refusal is an error.
func (r Remote) send(ctx context.Context, method, target string, body io.Reader) (*http.Response, error) {
	url := "http://" + r.Server.String() + target
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reach the control plane's place: %w", err)
	}
	if response.StatusCode < http.StatusBadRequest {
		return response, nil
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return nil, errors.New(strings.TrimSpace(string(text)))
}
