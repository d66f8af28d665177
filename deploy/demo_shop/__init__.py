"""A small order service that sends notifications through the REST API.

It is not part of the product, and the two programs do not depend on it. It uses a service token, as
any order service does. Only its sign-in without a password is special to a demo.
"""
