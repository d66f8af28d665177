"""Problem documents (RFC 9457): which failure is answered with which status, type and text."""
