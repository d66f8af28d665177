"""A small order service that sends notifications through the REST API.

It is not part of the product: the two programs know nothing of it. It sends with a service token,
as any order service does. Only its sign-in without a password is for demonstrations.
"""
