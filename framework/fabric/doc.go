// Package fabric says what the routers of a topology do in a mode: who peers
// with whom, and who originates what. The router packages render it, the oracle
// computes with it. It is pure.
package fabric
