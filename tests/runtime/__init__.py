"""What both programs agree on."""
