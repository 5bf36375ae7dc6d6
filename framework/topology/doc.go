// Package topology loads and checks the fabric that a lab is made from. It is
// pure: it knows files only as bytes, and neither Calico nor a kernel.
package topology
