"""Taking notifications in: what is asked for at the same time is written and published together."""
