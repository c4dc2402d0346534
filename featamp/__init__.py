"""What each latent dimension of a trained VAE does: numbers in, numbers out."""

__version__ = "0.1.0"
