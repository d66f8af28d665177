"""One file a guarantee; each has a function from the evidence to its violations."""
