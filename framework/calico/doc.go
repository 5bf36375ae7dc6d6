// Package calico has a mode's Calico resources, typed by Calico's own API
// module; it loads and checks fixtures/modes. It is pure and knows no cluster.
package calico
