"""What labels say of codes: linear probes, what one dimension has of them, and their worth."""
