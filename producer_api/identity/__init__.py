"""Who the caller is, what they may access, and how many requests they may send."""
