"""The documents about our interfaces: JSON Schemas and AsyncAPI of the topics, and OpenAPI."""
