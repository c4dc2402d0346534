"""The whole job of each command on one screen, and the command line."""
