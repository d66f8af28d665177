"""What is read and answered."""
