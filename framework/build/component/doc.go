// Package component builds and finds the programs that the embedded lab runs:
// Kubernetes' control plane, etcd, Calico. They are built once, from the Go
// modules in fixtures/components, into the user's cache folder, and found there
// without any command or network afterwards. It knows neither labs nor how the
// programs are started.
package component
