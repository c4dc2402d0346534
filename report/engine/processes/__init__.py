"""Work side by side, in threads and in processes."""
