"""The build: from a config file to a finished site."""
