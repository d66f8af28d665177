"""What the producer API and the delivery service must agree on, and nothing else.

Admission rule: a name enters only if two processes would break if they disagreed on it.
"""
