"""Writes `delivered_at` for the notifications that clients have acknowledged."""
