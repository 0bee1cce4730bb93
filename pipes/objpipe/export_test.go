package objpipe

// NewApart is newApart for the tests that need a server, whose package imports this one.
var NewApart = newApart
