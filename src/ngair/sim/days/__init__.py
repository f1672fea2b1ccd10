"""Whole days of houses in virtual time, their charging judged against a controller that knows the future."""
