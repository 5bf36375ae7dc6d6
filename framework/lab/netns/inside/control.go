package inside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// stopTimeout bounds how long a component may take to end after a signal.
const stopTimeout = 10 * time.Second

// configureTimeout bounds how long a router may take to do something else: it may
// have to end and start its programs.
const configureTimeout = 3 * stopTimeout

// serveControl serves the control socket in the lab's state folder:
//
//	GET  /components                          states of all components
//	POST /components/{host}/{name}/stop       end one on request (?signal=9: by SIGKILL)
//	POST /components/{host}/{name}/start      start it again
//	GET  /routers                             what the routers are configured to do
//	PUT  /routers/{host}                      configure one to do something else
func (l *running) serveControl(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", filepath.Join(stateFolder, ControlSocket))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /components", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(l.supervisor.Status())
	})
	mux.HandleFunc("POST /components/{host}/{name}/stop", func(w http.ResponseWriter, r *http.Request) {
		signal := syscall.SIGTERM
		if r.URL.Query().Get("signal") == "9" {
			signal = syscall.SIGKILL
		}
		stopCtx, cancel := context.WithTimeout(r.Context(), stopTimeout)
		defer cancel()
		answer(w, l.supervisor.Stop(stopCtx, r.PathValue("host"), r.PathValue("name"), signal))
	})
	mux.HandleFunc("POST /components/{host}/{name}/start", func(w http.ResponseWriter, r *http.Request) {
		answer(w, l.supervisor.Restart(r.PathValue("host"), r.PathValue("name")))
	})
	mux.HandleFunc("GET /routers", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(l.routerPlan())
	})
	mux.HandleFunc("PUT /routers/{host}", func(w http.ResponseWriter, r *http.Request) {
		var router fabric.Router
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&router); err != nil {
			http.Error(w, fmt.Sprintf("%s: read what its router is to do: %v", r.PathValue("host"), err), http.StatusBadRequest)
			return
		}
		router.Host = r.PathValue("host")
		configureCtx, cancel := context.WithTimeout(r.Context(), configureTimeout)
		defer cancel()
		answer(w, l.configureRouter(configureCtx, router))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: stopTimeout}
	// The socket lives as long as the process.
	go func() { _ = server.Serve(listener) }()
	return nil
}

func answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, supervisor.ErrUnknownComponent), errors.Is(err, errNoRouter):
		http.Error(w, err.Error(), http.StatusNotFound)
	default:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
