"""From files to arrays and networks: folders, labels, checkpoints, codes."""
