"""What the console knows, and how it is shown. No I/O, no clock."""
