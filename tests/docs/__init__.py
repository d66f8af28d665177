"""Checks of the documents against the sources that they describe."""
