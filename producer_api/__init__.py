"""The producer API: creates notifications, stores the inbox, and publishes to Kafka."""
