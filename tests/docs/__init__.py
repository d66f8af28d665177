"""The documents, against the sources that they describe."""
