"""Background work of every process, beside what it does for its callers."""
