"""The guided tour, which demonstrates the guarantees on the local stack, and checks each."""
