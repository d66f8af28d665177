"""Creates notifications in batches: writes and publishes requests together that arrive together."""
