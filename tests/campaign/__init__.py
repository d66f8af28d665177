"""Campaigns, which `make campaign` runs for a given time or number of inputs."""
