"""One file for each guarantee. Its functions take the evidence and yield what violates it."""
