"""The schemas of what stands on the topics."""
