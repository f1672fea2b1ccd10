"""Site -> documents of the Local API and of our own API, as bytes ready to be served. Shared by server and client."""
