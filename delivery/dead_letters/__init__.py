"""Dead letters: records that cannot be parsed, on a topic of their own."""
