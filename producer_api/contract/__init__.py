"""The contract between the producer API and the delivery service.

Admission rule: a name belongs here only if two processes break when they disagree on it.
"""
