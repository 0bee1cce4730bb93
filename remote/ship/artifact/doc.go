// Package artifact takes the files that package ship finds to where a task runs: an Uploader stores them and gives a
// Manifest, and a Cache on the other side fetches and places them.
//
// # What is stored
//
// Each content is one object, artifacts/<SHA-256 of its bytes, in lower-case hexadecimal digits>. It never changes and belongs to
// no run. For a file it is its bytes. A folder with all in it is one object too, so that a library of two thousand files
// is one request: "sshell tree 1\n", then entries in the order of their names, then a byte 0. An entry is a byte for
// its kind (1 file, 2 symbolic link, 3 folder), and then, with numbers as in encoding/binary's varints: the length of its
// name from the folder on and the name; the permission bits; the time of the last change in seconds since 1970, the only
// signed number; the length of what follows; a file's bytes or a link's target. A folder comes before what is in it.
//
// A Manifest travels as CBOR: an array of its version (2), the processor as GOARCH has it, and an array of artifacts, each
// an array of path, kind (1 file, 2 link, 3 folder, 4 library, 5 loader), permission bits, time, the object's size, its
// SHA-256, a target, and whether it is exact. Strings are byte strings. A library is a name that loaders look for in their
// default folders, with a slash before it, and its target the path that has it; a loader is the path under which programs
// name it. Set-user-id bits and their like do not travel, and files of a folder arrive without permission to write.
//
// # Where they are placed
//
// In a root of the task's own everything stands under its path: Place. Where the root cannot be changed everything stands
// in a relocate.Place: Install. Then programs, libraries and folders in the cache are as they have to be there, under names of their
// own; the store has what the client has. What is exact, and what stands in the working directory but is not run, is
// never changed.
package artifact
