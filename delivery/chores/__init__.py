"""What an owner does periodically, apart from pushing."""
