"""Watches the group and the instances."""
