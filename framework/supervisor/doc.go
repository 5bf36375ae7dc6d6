// Package supervisor starts a lab's components, keeps their logs, and tells when
// one of them ends. It restarts nothing by itself but what says that it wants it
// (Component.RestartOn): a component that dies unasked is an error that names it
// and shows its last lines. It knows neither Kubernetes nor routers.
package supervisor
