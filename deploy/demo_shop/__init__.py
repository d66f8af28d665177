"""A small order service, to have someone who sends notifications: a client of the REST API.

It is no part of the product's two programs, and they know nothing of it. What it does, any order
service does with a service token; only that it signs shoppers in without a password is for demos.
"""
