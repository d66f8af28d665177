"""Takes creates in: requests that arrive at the same time are written and published together."""
