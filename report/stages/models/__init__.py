"""What is computed of several models together."""
