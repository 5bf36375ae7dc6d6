// Package agreement compares two labs of the same topology and mode. Addresses that
// belong to one lab alone get names. Then both must have the same sessions and the same
// routes, whatever provider they have. It is pure.
package agreement
