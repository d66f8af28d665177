"""Problem documents (RFC 9457): the status, type and text of the answer to each failure."""
