"""The two slots that firmware is installed into, beside the version that runs."""
