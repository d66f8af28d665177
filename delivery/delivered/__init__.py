"""The write of `delivered_at` for what clients have acknowledged."""
