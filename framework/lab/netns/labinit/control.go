package labinit

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

	"github.com/rackproof/rackproof/framework/cluster"
	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/supervisor"
)

// stopTimeout bounds how long a component may take to end after a signal.
const stopTimeout = 10 * time.Second

// startTimeout bounds how long a router's program may take until it serves, on a loaded
// machine.
const startTimeout = 20 * time.Second

// configureTimeout bounds how long a router may take to do something else: it may
// have to end and start its programs.
const configureTimeout = 3 * stopTimeout

// serveControl serves the control socket in the lab's state folder:
//
//	GET  /components                          states of all components
//	POST /components/{host}/{name}/stop       end one on request (?signal=9: by SIGKILL)
//	POST /components/{host}/{name}/start      start it again
//	POST /components/share                    give all equal shares of the processors
//	POST /nodes/{node}/calico-node/end        end a node's calico-node as one
//	POST /nodes/{node}/calico-node/start      start it again, with the settings of the body
//	GET  /routers                             what the routers are configured to do
//	PUT  /routers/{host}                      configure one to do something else
func (l *running) serveControl(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", filepath.Join(stateFolder, ControlSocket))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /components", func(w http.ResponseWriter, r *http.Request) {
		list, err := l.components(r.Context())
		if err != nil {
			answer(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list)
	})
	mux.HandleFunc("POST /components/{host}/{name}/stop", func(w http.ResponseWriter, r *http.Request) {
		signal := syscall.SIGTERM
		if r.URL.Query().Get("signal") == "9" {
			signal = syscall.SIGKILL
		}
		stopCtx, cancel := context.WithTimeout(r.Context(), stopTimeout)
		defer cancel()
		if host, name := r.PathValue("host"), r.PathValue("name"); host == cluster.ControlHost {
			answer(w, l.controlPlane.Stop(stopCtx, name, signal))
		} else {
			answer(w, l.supervisor.Stop(stopCtx, host, name, signal))
		}
	})
	mux.HandleFunc("POST /components/{host}/{name}/start", func(w http.ResponseWriter, r *http.Request) {
		startCtx, cancel := context.WithTimeout(r.Context(), startTimeout)
		defer cancel()
		if host, name := r.PathValue("host"), r.PathValue("name"); host == cluster.ControlHost {
			answer(w, l.controlPlane.Restart(startCtx, name))
		} else {
			answer(w, l.startAgain(startCtx, host, name))
		}
	})
	mux.HandleFunc("POST /components/share", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, l.supervisor.ShareEqually())
	})
	mux.HandleFunc("POST /nodes/{node}/calico-node/end", l.serveCalicoNode(func(ctx context.Context, c *cluster.Cluster, r *http.Request) error {
		return c.EndCalicoNode(ctx, r.PathValue("node"))
	}))
	mux.HandleFunc("POST /nodes/{node}/calico-node/start", l.serveCalicoNode(func(ctx context.Context, c *cluster.Cluster, r *http.Request) error {
		var settings map[string]string
		if err := json.NewDecoder(r.Body).Decode(&settings); err != nil {
			return fmt.Errorf("%s: read the settings of its calico-node: %w", r.PathValue("node"), err)
		}
		return c.StartCalicoNode(ctx, r.PathValue("node"), settings)
	}))
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
		answer(w, l.configureRouter(r.Context(), router))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: stopTimeout}
	// The socket lives as long as the process.
	go func() { _ = server.Serve(listener) }()
	return nil
}

// calicoNodeTimeout bounds how long a calico-node may take to end or to start. In User-Mode
// Linux each of its programs takes seconds.
const calicoNodeTimeout = 2 * time.Minute

// errNoCluster is the error for a lab whose nodes are not all started.
var errNoCluster = errors.New("the lab's nodes are not started yet")

// serveCalicoNode serves a change of a node's calico-node. One that has begun is made to its
// end, also when whoever asked for it waits no longer.
func (l *running) serveCalicoNode(change func(context.Context, *cluster.Cluster, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := l.cluster.Load()
		if c == nil {
			answer(w, errNoCluster)
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), calicoNodeTimeout)
		defer cancel()
		answer(w, change(ctx, c, r))
	}
}

// components lists the components on all hosts, those of a control plane on the host of
// this kernel too.
func (l *running) components(ctx context.Context) ([]supervisor.Status, error) {
	list := l.supervisor.Status()
	if l.spec.ControlPlane == nil {
		return list, nil
	}
	own, err := l.controlPlane.Status(ctx)
	return append(own, list...), err
}

func answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, supervisor.ErrUnknownComponent), errors.Is(err, errNoRouter), errors.Is(err, cluster.ErrUnknownNode):
		http.Error(w, err.Error(), http.StatusNotFound)
	default:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
