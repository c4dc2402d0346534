"""What the pages above several models show: numbers and plain keys, in the order of the config."""
