"""One file for each guarantee. Its functions take the evidence, and yield the violations."""
