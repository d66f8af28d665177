"""What the producer API and the delivery service must agree on, and nothing else.

Admission rule: a name enters only if two processes would break should they disagree on it.
"""
