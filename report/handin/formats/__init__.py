"""The write-up in the formats in which it is handed in."""
