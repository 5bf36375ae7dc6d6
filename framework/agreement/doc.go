// Package agreement holds two labs of the same topology and mode against each other:
// once what belongs to one lab alone has a name in place of its address, both have to
// have the same sessions and the same routes, whatever has provided them. It is pure.
package agreement
