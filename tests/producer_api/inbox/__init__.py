"""The inbox's pure parts."""
