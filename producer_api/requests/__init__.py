"""Reading a request: its JSON body and its trace context."""
