"""Image files and tables of labels as people have them: what is listed, and what is read."""
