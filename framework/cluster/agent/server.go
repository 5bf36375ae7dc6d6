package agent

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/node/api"
)

const (
	headerTimeout = 10 * time.Second
	// streamIdle is how long kubectl exec may stay silent: the kubelet's
	// streamingConnectionIdleTimeout.
	streamIdle = 4 * time.Hour
	// streamCreation is how long a client may take to open its streams.
	streamCreation = 30 * time.Second
)

// newKubeletServer is the part of the kubelet's API that the API server needs for
// kubectl logs and kubectl exec. It serves whoever has a certificate of the
// client authority, so there is nothing to authorise beyond that.
func (a *Agent) newKubeletServer() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", a.serveLogs)
	mux.Handle("/exec/", api.PodHandler(api.PodHandlerConfig{
		RunInContainer:        a.exec,
		StreamIdleTimeout:     streamIdle,
		StreamCreationTimeout: streamCreation,
	}, false))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	return &http.Server{
		Handler:           a.tracked(mux),
		ReadHeaderTimeout: headerTimeout,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{a.config.Certificate},
			ClientAuth:   tls.RequireAndVerifyClientCert,
			ClientCAs:    a.config.ClientCA,
		},
	}
}

// tracked makes requests tasks of the agent's: those of kubectl exec outlive the
// server's end.
func (a *Agent) tracked(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.tasks.Add(1)
		defer a.tasks.Done()
		handler.ServeHTTP(w, r)
	})
}

// serveKubelet serves until ctx is done.
func (a *Agent) serveKubelet(ctx context.Context, listener net.Listener) error {
	a.kubelet.BaseContext = func(net.Listener) context.Context { return ctx }
	defer context.AfterFunc(ctx, func() { _ = a.kubelet.Close() })()
	if err := a.kubelet.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the kubelet API: %w", err)
	}
	return nil
}

// findContainer finds a container of a pod that the API server has.
func (a *Agent) findContainer(namespace, podName, name string) *container {
	p := a.findPod(namespace, podName)
	if p == nil {
		return nil
	}
	for _, c := range p.containers {
		if c.spec.Name == name {
			return c
		}
	}
	return nil
}
