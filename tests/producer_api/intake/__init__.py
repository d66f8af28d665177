"""Sealing batches."""
