"""What stands on the topics, as JSON Schemas: one a type and version, made of the models here."""
