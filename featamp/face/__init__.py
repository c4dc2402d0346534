"""Small networks that read faces and never saw the VAE: age, gender, expression, landmarks."""
