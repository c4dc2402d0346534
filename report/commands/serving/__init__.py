"""Who may come in where the site is served, what is kept of a save, and what is decoded."""
