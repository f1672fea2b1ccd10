"""Every bound of the program, each with its why; the relations between them are asserted below."""

from __future__ import annotations

# --- meter bytes ---------------------------------------------------------------------------------------
TELEGRAM_MAX_BYTES = 16 * 1024
"""Longest telegram held. DSMR allows 2048 hex characters of text, Luxembourg five of them: about 12 KiB."""
FEED_SLICE_BYTES = 4 * 1024
"""Input is taken in slices, so that a burst of megabytes never stands in memory twice."""
TRAILER_PADDING_MAX_BYTES = 16
"""Spaces and NULs that some meters send between `!`, the check and the line end."""
START_CANDIDATES_MAX = 8
"""Telegram starts tried inside one frame whose check failed: bounds the check sums per byte of noise."""
NOISE_REPORT_BYTES = TELEGRAM_MAX_BYTES
"""Bytes outside telegrams are reported as one rejection for at most this many."""
VALUE_MAX_DIGITS = 12
"""Digits before and behind the point; Hungarian and Swedish registers have 8 and 3."""

# --- what a house can have -----------------------------------------------------------------------------
POWER_MAX_W = 1_000_000
"""A published DSMR 2.2 example carries 999.99 kW, the widest value of its field; no house comes near."""
CURRENT_MAX_A = 1_000
"""Transformer-connected customer meters end at some hundred amperes."""
VOLTAGE_MAX_V = 1_000
"""Low voltage (IEC 60038) ends at 1000 V."""
VOLTAGE_MIN_V = 50
"""Below this a phase is not connected (Luxembourg one-phase installs send 0 and 1 V), so no current follows from it."""
ENERGY_MAX_WH = 1e12
"""Twelve digits; a larger register does not exist."""

# --- meter without check sums: agreement of consecutive readings ---------------------------------------
AGREE_POWER_W = 200
AGREE_CURRENT_A = 1
AGREE_SHARE = 0.1
"""Two readings agree within the larger of the absolute step and this share: meters round and houses breathe."""
AGREE_ENERGY_RISE_W = 100_000
"""Registers rise no faster than this: above any house connection of 3 x 125 A at 230 V."""

# --- links ---------------------------------------------------------------------------------------------
BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0
BACKOFF_JITTER = 0.3
"""Half a second for a hiccup, half a minute for a cable that is out for weeks; jitter keeps fleets apart."""
LINE_QUIET_S = 0.25
"""A pause this long ends a telegram that has no check: at 9600 baud a byte takes 1 ms."""
LINK_SILENT_S = 30.0
"""No byte for this long and the link is called silent: the slowest customer ports send every 10 s."""
LINK_REOPEN_S = 90.0
"""No byte for this long and the link is opened anew: Swedish meters may pause a minute at start."""
CONNECT_TIMEOUT_S = 10.0
LINK_CLOSE_TIMEOUT_S = 5.0
"""A device that hangs while it is closed must not keep the next one from being opened."""
THREADS_MAX = 16
"""Calls into the system that may hang at once, each in a thread: names that are looked up, devices that are opened."""
READ_CHUNK_BYTES = 64 * 1024
REPLAY_GAP_S = 1.0
REPLAY_GAP_MAX_S = 60.0
"""A recording whose telegrams tell no time, or jump, is played one a second; longer pauses in it are cut."""

# --- freshness (control notes: three cadences, at least 15 s, at most 60 s) ------------------------------
FRESH_CADENCES = 3
FRESH_MIN_S = 15.0
FRESH_MAX_S = 60.0

# --- HTTP ----------------------------------------------------------------------------------------------
HTTP_HEADER_MAX_BYTES = 16 * 1024
HTTP_HEADER_TIMEOUT_S = 5.0
"""Request line and headers together, and as much and as long again for a body, which no request needs yet."""
HTTP_READ_MAX_BYTES = HTTP_HEADER_MAX_BYTES
"""Read at once: as much as a peer that does not wait for its answers can make wait here."""
HTTP_PARSE_MAX_BYTES = 1024
"""Parsed at once: the server queues every request in what it is given, and the shortest has 18 bytes."""
HTTP_BACKLOG = 512
"""Connections that wait to be accepted: a burst of a thousand idle ones must not lock a client out."""
HTTP_IDLE_TIMEOUT_S = 75.0
"""Idle kept-alive connections; pages poll every second, integrations every 10 to 60 s."""
HTTP_CONNECTIONS_MAX = 200
"""All peers together; far below the 1024 file descriptors of a default Linux process."""
HTTP_CONNECTIONS_PER_PEER = 64
"""One known integration opens 31 connections in one burst; a browser with several tabs stays below."""
STOP_TIMEOUT_S = 1.5
"""A stop is done within 2 s, whoever is connected."""

# --- logs and files ------------------------------------------------------------------------------------
REJECTION_LOG_INTERVAL_S = 60.0
"""One log line a reason a minute, however many telegrams are refused."""
STATE_SAVE_INTERVAL_S = 60.0
"""Held energy is written at most once a minute: a memory card lives for years on that."""
STATE_FILE_MAX_BYTES = 64 * 1024
SETTINGS_FILE_MAX_BYTES = 256 * 1024

# --- charging ------------------------------------------------------------------------------------------
FUSES_MAX = 32
"""Sub-fuses of one site."""

# --- simulation ----------------------------------------------------------------------------------------
SPEED_MAX = 3600
"""Simulated seconds a second: a day in 24 s. Above it a small computer decodes nothing else."""
CARS_MAX = 3

assert TRAILER_PADDING_MAX_BYTES < FEED_SLICE_BYTES < TELEGRAM_MAX_BYTES
assert BACKOFF_FIRST_S < BACKOFF_MAX_S < LINK_REOPEN_S
assert LINE_QUIET_S < 1 < LINK_SILENT_S < LINK_REOPEN_S
assert FRESH_MIN_S <= FRESH_MAX_S
assert HTTP_CONNECTIONS_PER_PEER < HTTP_CONNECTIONS_MAX < 1024
assert HTTP_PARSE_MAX_BYTES <= HTTP_READ_MAX_BYTES <= HTTP_HEADER_MAX_BYTES
assert HTTP_HEADER_TIMEOUT_S < HTTP_IDLE_TIMEOUT_S
