"""Questions to tables of any kind: single cells, extremes, counts, totals, means, comparisons."""
