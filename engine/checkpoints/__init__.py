"""Foreign checkpoints: reading GGUF files and Hugging Face folders, and turning them into models of genchat."""
