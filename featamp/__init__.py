"""What each latent dimension of a trained VAE does: numbers in, numbers out."""
