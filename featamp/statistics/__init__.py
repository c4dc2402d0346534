"""What codes and labels say: variance, correlation, how sure."""
