"""The producer API: takes notifications in, keeps the inbox, and publishes to Kafka."""
