"""What each figure of the hand-in shows, and what it depends on, before it is drawn."""
