"""Original text that ships with genchat (CC0), its loader, and the catalogue of texts that can be fetched."""
