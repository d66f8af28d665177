"""Campaigns: what `make campaign` runs for as long as one says."""
