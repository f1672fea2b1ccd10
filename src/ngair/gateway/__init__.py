"""Where everything meets: ports, the loop, supervision with backoff."""
