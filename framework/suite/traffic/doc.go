// Package traffic probes flows all the time while a spec changes something, and measures
// their outages.
package traffic
