"""The tour: ten stops on the real screen, with a reply that a model of this machine really wrote."""
