"""Work side by side: in threads, in processes, and in one that goes ahead."""
