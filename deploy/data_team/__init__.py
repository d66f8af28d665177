"""An example consumer: computes the funnel created → delivered → seen → read from the topics.

It imports nothing from the pipeline, and relies only on docs/asyncapi.yaml, the schemas and
docs/data-team.md. It stores Kafka's offsets with the figures, in the same transaction.
"""
