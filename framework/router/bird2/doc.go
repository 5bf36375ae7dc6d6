// Package bird2 knows BIRD 2 as a router of the fabric: its configuration, how it speaks
// BGP, and how its state is read.
//
// It holds for BIRD 2.0.12 as Debian 12 packages it (bird2). Package bird reads the
// parts that BIRD 2 has from BIRD 1.6: the control socket's protocol and the lines of
// paths' attributes. Debian's packages of the two exclude each other, because they have
// the same files, and Calico's nodes need 1.6: install.sh puts BIRD 2 into a folder of
// its own, where its programs are called bird2 and birdc2.
package bird2
