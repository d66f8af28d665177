"""The tools for people on call."""
