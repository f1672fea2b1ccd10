"""Every figure that the project claims, each against a named peer or the bare floor, in one run."""
