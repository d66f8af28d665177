"""The outbox: publishes the records of each intent, and keeps the intent until Kafka confirms."""
