"""The away program: tells users in other ways what was not delivered in time."""
