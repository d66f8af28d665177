"""Sends the river to the open pages."""
