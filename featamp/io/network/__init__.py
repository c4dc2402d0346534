"""A trained network behind arrays: how it is opened, and asked for codes and images."""
