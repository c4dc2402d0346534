"""What tests the measures where the answer is known."""
