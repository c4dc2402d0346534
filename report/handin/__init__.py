"""What is handed in: figures, sheet, animation, document."""
