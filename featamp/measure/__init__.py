"""What a sweep does, measured on its pictures and on its codes."""
