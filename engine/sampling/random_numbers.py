"""Random numbers without a generator that runs on: each is fixed by the seed, the position and who asks for it.

A fork of a reply at position n therefore draws the same as the original did there, whatever was drawn before, and a
stage that is switched on takes no number away from another.
"""

from hashlib import blake2b

_BITS = 53  # what a float holds


def random_number(seed: int, position: int, purpose: str) -> float:
    """A number in [0, 1): the first 53 bits of a BLAKE2b digest (RFC 7693) of the three."""
    digest = blake2b(f"{seed}/{position}/{purpose}".encode(), digest_size=8).digest()
    return float(int.from_bytes(digest) >> (64 - _BITS)) * 2.0**-_BITS
