"""What words are to a machine: their pieces, their stems and lemmas, and vectors learned from their company."""
