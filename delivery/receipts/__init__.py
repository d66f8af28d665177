"""Receipts: records that say what became of each notification, on a topic of their own."""
