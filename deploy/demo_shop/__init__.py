"""A small order service that sends notifications through the REST API.

The shop is not part of the product, and `producer_api` and `delivery` do not depend on it. Like any
order service, it uses a service token. Only the sign-in without a password is specific to a demo.
"""
