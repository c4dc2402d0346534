"""What a person gives: the config and the selection."""
