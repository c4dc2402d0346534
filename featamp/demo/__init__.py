"""What the demo needs: rendered faces, the reference network, its training."""
