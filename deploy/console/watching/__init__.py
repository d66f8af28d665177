"""Looks at the group and the instances."""
