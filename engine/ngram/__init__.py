"""The statistical next-token model: interpolated modified Kneser-Ney over one suffix array, numpy only."""
