"""The rules of telling, without input or output."""
