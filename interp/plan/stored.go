package plan

// Content is what a segment has stored of its output itself: objects of which the output's own is to be made.
type Content struct {
	Sources []string // names of objects in the output's bucket, in order
	Upload  *Upload  // has all of it instead of Sources, nil where those have
	Refused bool     // there is to be no object: Commit leaves what there is
	// Scratch is how the names of all objects begin that are to be removed when the output is made, or given up; empty for
	// none. The one of the name Open goes before the others are listed: who adds to them looks whether it is there.
	Scratch string
	Open    string
}

// Upload is an object that was put together while a segment ran, and is to be completed or aborted.
type Upload struct {
	Name string   // of the object: the output's own, or one from which it is to be made as from a source
	ID   string   // as the store gave it
	Mark string   // as the store gave it
	Tags []string // of the parts, in order
	// Entry is the name of the entry in the run's ledger, which goes with the upload.
	Entry string
}

// ObjectOutput is an Output that is an object, which can be made of others where they are stored.
type ObjectOutput interface {
	Output
	// Object gives its name, and whether what it holds stays in front of what is written.
	Object() (name string, add bool)
	// Make lets Commit make the object of content instead of what was written to File, and Commit and Abort remove
	// content. It is called once at most, before either.
	Make(content Content)
}

// ObjectReader is a Segments that reads standard input by its object's name.
type ObjectReader interface {
	// ReadsObjects reports whether segments for a target may have In.
	ReadsObjects(target Target) bool
}
