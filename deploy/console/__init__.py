"""The machine room: a service that shows what the pipeline does, and changes nothing in it.

It reads the three topics without a consumer group, asks Kafka and the instances for their state,
and serves both as server-sent events, with the built page. See docs/console.md.
"""
