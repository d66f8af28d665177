"""The outbox: keeps each intent until Kafka has confirmed its records, and publishes them."""
