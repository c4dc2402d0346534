"""What every stage runs on: the store, processes, the console."""
