"""From findings to the files of the site."""
