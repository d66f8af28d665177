"""Reading what a request carries: its JSON body, and the trace it belongs to."""
