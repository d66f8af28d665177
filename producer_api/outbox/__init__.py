"""The outbox: intents to publish, from the transaction that writes them until Kafka confirmed."""
