"""The decoder as a file that runs without torch: exported, stored in fewer bytes, run."""
