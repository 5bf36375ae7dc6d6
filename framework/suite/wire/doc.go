// Package wire records packets, says how those of two pods pass, and reads the devices and
// tunnels that they pass.
package wire
