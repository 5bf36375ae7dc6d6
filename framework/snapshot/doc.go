// Package snapshot has labs at one moment: the state that decides sessions and routes
// (oracle.State), and what the hosts had (View). Both are kept in files, so that the oracle
// is compared with real labs without one (fixtures/labs). It is pure.
package snapshot
