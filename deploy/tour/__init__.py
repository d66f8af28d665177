"""The guided tour, which plays the guarantees on the local stack and checks each."""
