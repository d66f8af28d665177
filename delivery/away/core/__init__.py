"""The rules of the away program, without input or output."""
