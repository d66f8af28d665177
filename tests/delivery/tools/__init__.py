"""The tools of whoever is on call."""
