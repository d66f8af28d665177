"""What is written but not published yet: intents, and the relay that publishes them late."""
