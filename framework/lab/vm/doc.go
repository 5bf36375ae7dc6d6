// Package vm runs programs of this machine under another kernel, User-Mode Linux:
// a kernel that is an ordinary process. It is for what this machine's own kernel
// lacks and cannot load, the ipip driver above all. The programs see this machine's
// files (hostfs), and run as if they ran here: arguments, environment, working
// directory, standard streams, signals and exit status pass through.
//
// There are two sides. Outside, CommandLine is what starts the kernel, and Rerun runs
// this program again in it. Inside, the kernel's init is the same program again
// (RunIfInit): it makes the devices ready, loads modules, and serves Run by SSH on a
// network that begins and ends in the namespace of the kernel's process.
//
// The package knows no labs.
package vm
