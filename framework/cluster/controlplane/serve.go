package controlplane

import (
	"encoding/json"
	"net/http"
	"syscall"
)

// begun is what Begin sends.
type begun struct {
	Files map[string][]byte `json:"files"`
}

// started is what Start sends.
type started struct {
	Arguments []string `json:"arguments"`
}

// Serve returns what serves a place to a Remote:
//
//	POST /begin                     the control plane's files
//	GET  /components                states of all programs
//	POST /components/{name}         start one
//	POST /components/{name}/stop    end it (?signal=9: by SIGKILL)
//	POST /components/{name}/start   start it again
//	GET  /lifeline                  a line for each program that ends unasked, as long as the place is wanted
func Serve(place Place, lifeline http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /begin", func(w http.ResponseWriter, r *http.Request) {
		var request begun
		if read(w, r, &request) {
			answer(w, place.Begin(r.Context(), request.Files))
		}
	})
	mux.HandleFunc("GET /components", func(w http.ResponseWriter, r *http.Request) {
		list, err := place.Status(r.Context())
		if err != nil {
			answer(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list)
	})
	mux.HandleFunc("POST /components/{name}", func(w http.ResponseWriter, r *http.Request) {
		var request started
		if read(w, r, &request) {
			answer(w, place.Start(r.Context(), r.PathValue("name"), request.Arguments))
		}
	})
	mux.HandleFunc("POST /components/{name}/stop", func(w http.ResponseWriter, r *http.Request) {
		signal := syscall.SIGTERM
		if r.URL.Query().Get("signal") == "9" {
			signal = syscall.SIGKILL
		}
		answer(w, place.Stop(r.Context(), r.PathValue("name"), signal))
	})
	mux.HandleFunc("POST /components/{name}/start", func(w http.ResponseWriter, r *http.Request) {
		answer(w, place.Restart(r.Context(), r.PathValue("name")))
	})
	mux.HandleFunc("GET /lifeline", lifeline)
	return mux
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		http.Error(w, "read the request: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
