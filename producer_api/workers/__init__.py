"""The background tasks of every process: relay, folding, retention, aborting transactions."""
