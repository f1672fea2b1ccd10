"""Messages of chargers to events, and the site to messages for chargers. Pure: messages and times are arguments."""
