"""The statistical model: interpolated modified Kneser-Ney over one suffix array, numpy only."""
