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
LAYOUTS_MAX = 8
"""Lists of one meter whose places are remembered; the most that one sends in turn are three."""
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

# --- the wall clock of a machine without a battery -------------------------------------------------------
CLOCK_EARLIEST_S = 1_767_225_600
"""The beginning of 2026: no box of this version has lived before. Moved on with releases."""
CLOCK_WAIT_S = 900.0
"""So long is waited for a clock that is behind what was remembered: a network sets it within a minute, and in a house
without one a time that is late is better than no memory."""
CLOCK_BEHIND_MAX_S = 7 * 86_400.0
"""So far may a clock be behind what was remembered and count as not set: machines save theirs hourly, or when it was
last right. What is further ahead was remembered by a clock that was wrong."""

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
HTTP_CONNECTIONS_MAX = 400
"""All peers together, each open page being one; far below the 1024 file descriptors of a default Linux process."""
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

# --- MQTT ----------------------------------------------------------------------------------------------
MQTT_KEEPALIVE_S = 7
"""A broker that is silent so long is asked for a sign, and given up after as long again: about 15 s."""
MQTT_PACKET_MAX_BYTES = 16 * 1024
"""Chargers send a few hundred bytes at most (field capture); the protocol would allow 256 MB."""
MQTT_INBOX_TOPICS = 64
"""Messages that wait, the newest of each topic: a charger with two outlets has six topics."""
MQTT_INBOX_PAUSE_S = 0.05
"""Between two looks at what came: a flood costs no more than this, and a charger speaks each second."""
MQTT_TICK_S = 0.5
"""How late what only time makes due may be; setpoints do not wait for it."""
MQTT_CLOSE_TIMEOUT_S = 0.5
"""For what was begun to end by itself at a stop."""

# --- simulation ----------------------------------------------------------------------------------------
SPEED_MAX = 3600
"""Simulated seconds a second: a day in 24 s. Above it a small computer decodes nothing else."""
CARS_MAX = 3

# --- what users may ask for ----------------------------------------------------------------------------
HTTP_CHANGE_MAX_BYTES = 4 * 1024
"""Body of a change; the longest sensible one has 100."""
HTTP_CHANGES_WAITING_MAX = 32
"""Changes that wait for those before them to be kept; a disk that hangs must not gather more."""
WISHED_OUTLETS_MAX = 100
"""Outlets with wishes: their file stays far below what is read again at a start."""

# --- locks ---------------------------------------------------------------------------------------------
PASSWORD_MIN_CHARS = 8
PASSWORD_MAX_CHARS = 128
PASSWORD_TYPED_MAX_CHARS = 4 * PASSWORD_MAX_CHARS
"""Before it is composed (Unicode's NFC): no character consists of more than four."""
PASSWORD_FILE_MAX_BYTES = 4 * 1024
PASSWORD_LOOK_S = 1.0
"""How late a password that another program has set is noticed."""
PASSWORD_CHECKS_WAITING_MAX = 8
"""Different passwords that wait to be checked, one at a time; each takes some 50 ms and 9 MiB."""
PASSWORDS_WRONG_MAX = 256
"""Wrong ones that are remembered with who sent them: a program with an old password uses up one attempt, not all."""
ATTEMPTS_AT_ONCE = 5
ATTEMPT_EVERY_S = 60.0
"""Wrong passwords of one peer: as many as a person needs in a row, and then one a minute."""
STRANGERS_AT_ONCE = 20
STRANGER_EVERY_S = 20.0
"""Wrong passwords of all peers that never had success: somebody with all addresses there are has 4320 guesses a day."""
ATTEMPT_PEERS_MAX = 1024
ATTEMPT_KNOWN_MAX = 64
ATTEMPT_KNOWN_S = 30 * 86_400.0
"""Peers that had success keep attempts of their own for so long."""
TOKENS_MAX = 64
TOKEN_IDLE_S = 30 * 86_400.0
"""A page that is not looked at for a month asks for the password again."""

# --- charger messages ----------------------------------------------------------------------------------
CHARGER_PAYLOAD_MAX_BYTES = 2 * 1024
"""The longest known message has 110 bytes (field capture); firmware to come may tell more."""
CHARGER_TOPIC_MAX_CHARS = 256
"""The longest topic of the link has 33 characters and a serial number of at most 64."""
CHARGER_TEXT_MAX_CHARS = 64
"""Kept of a text that a charger sends, such as its firmware."""
OUTLET_MAX_A = 80
"""The highest current that a car can be told (IEC 61851-1, duty cycle)."""
OUTLETS_PER_CHARGER_MAX = 2
"""Local API Instructions, section 1.1."""
STRANGERS_MAX = 8
"""Other serial numbers on a charger's link that are remembered, to be named to the user."""
SETPOINTS_PER_S_MAX = 5
"""To one outlet, whatever is decided and whoever answers; cars follow within 5 s."""
CHARGER_TELLS_PER_S_MAX = 10
"""Two outlets tell each second; somebody who floods the topics must not flood the gateway."""
ECHOES_MAX = 16
"""Setpoints of ours whose echo is awaited: more than the seconds of waiting can hold."""
CHARGER_SILENT_S = 30.0
"""No update for so long is a silent charger; one comes each second (field capture)."""
SITE_SILENT_S = 15.0
"""A site comes at least each second; without one for so long nobody decides, and the fallback current is the most."""

# --- balancing -----------------------------------------------------------------------------------------
BALANCE_PEAKS_MAX = 1024
"""Samples a phase whose peaks are remembered: ten minutes of a meter that sends every second, and falls all along."""
BALANCE_TRACE_MAX = 128
"""Updates of an outlet that are remembered: 40 s of a charger that tells three times a second."""

# --- encodings of meters -------------------------------------------------------------------------------
AXDR_DEPTH_MAX = 8
"""Lists inside lists; the deepest list known, of definitions with their values, has 3."""
SML_DEPTH_MAX = 12
"""Lists inside lists; a time in an entry of a value list is the seventh."""
IDENT_MAX_BYTES = 64
"""Of the line that a telegram begins with, looked through for ciphering behind it: it has at most 21 characters."""

# --- captures ------------------------------------------------------------------------------------------
CAPTURE_LINE_MAX_BYTES = 4 * 1024
"""Of a line looked at as one: the longest frame in C notation; a longer line of hex is read on piece by piece."""
CAPTURE_PROOF_BYTES = 256
"""Text without a binary byte that proves a line of hex to be one: binary frames have some in every ten bytes."""
CAPTURE_PROOF_HEX_BYTES = 32
"""Hex beside an ASCII telegram that may be what some meters send around it: check sums, serial numbers, a cut end. The
shortest frame known has 41."""

# --- finding out how a serial line is set ----------------------------------------------------------------
LINE_BURST_GAP_S = 0.5
"""A pause this long ends a burst: later than `LINE_QUIET_S`, at which telegrams without a check become whole."""
LINE_BURST_MAX_S = 10.0
"""The slowest telegram is sent within 8 s (Luxembourg); what goes on for longer is noise."""
LINE_HASTE_S = 3.0
"""Bytes that make no frame say that a setting is wrong, but not sooner: of meters that send each second, two may be
damaged."""
LINE_TRY_S = 11.0
"""The longest interval of a customer port, 10 s, and what its clock may be late: whoever listens so long to a meter
that sends hears a telegram begin. Six settings take a minute."""
LINE_TRY_MAX_S = 75.0
"""A silent setting is tried for longer each time, up to the minute that Swedish meters pause at a start and an
interval: some may begin that pause anew each time the line is opened."""
LINE_STAY_S = 1200.0
"""A line that gave a frame is read for so long without another, through noise and silence: the slowest ports known send
every 15 minutes."""
LINES_KEPT_MAX = 64
"""Devices whose setting is remembered: more than there are meters of one site, whatever they were plugged into."""
KEY_FILE_MAX_BYTES = 4 * 1024
"""Two lines of keys, and comments."""

# --- lists that come at different intervals ------------------------------------------------------------
HELD_METER_IDS_MAX = 4
"""Names of one meter that its lists may use in turn; a further one is another meter."""
ENERGY_UNIT_PROOF_WH = 300
ENERGY_UNIT_RATIO = 1.4
"""So much has to flow before a register's rise tells its unit (steps of 10 Wh are 3 % of it), and the rise may be off
by this factor: far from the 10 between the units, and more than power sampled every 10 s is ever off."""
ENERGY_UNIT_CHANGE_WH = 1_000_000
ENERGY_UNIT_CHANGE_SHARE = 0.01
"""From a megawatt-hour on, no consumption between two lists makes it tenfold, to a hundredth: its unit is another."""
ENERGY_UNIT_KEPT = (9.5, 11.0)
"""A register is ten times what was told before a start within this: what flowed since makes it more, by a tenth."""
AGREE_KINDS_MAX = 8
"""Kinds of lists that one meter sends in turn; those known have three."""
AGREE_SIGHTINGS = 3
"""A kind that comes between others is believed with its third list, each agreeing with the one before."""

# --- framings ------------------------------------------------------------------------------------------
FRAMING_SWITCHES_MAX = 4
"""Changes of the framing at one moment: a recording may hold two meters; more is somebody who wants us to be busy."""
MBUS_LENGTH_MAX = 1024
"""Longest M-Bus frame whose length is told modulo 256: those known have 257 bytes; each 256 more is one more guess."""
FRAMING_HELD_MAX_BYTES = 3 * TELEGRAM_MAX_BYTES
"""In one framing: the segments of a message as sent and as read, and what has not been looked at."""
DETECTOR_HELD_MAX_BYTES = 8 * TELEGRAM_MAX_BYTES
"""In all framings together while none is found, and what came since the last frame, to be offered to the others."""

# --- the memory ----------------------------------------------------------------------------------------
SAMPLE_S = 10
"""Seconds of a kept sample: the interval of the slowest common customer ports."""
HISTORY_COMMIT_S = 60.0
"""Readings are written once a minute: the most that a power cut may lose of them, and what a memory card lives on."""
HISTORY_RAW_DAYS = 14
HISTORY_MINUTE_DAYS = 400
"""So long samples and minutes are kept, unless the owner says otherwise: two weeks to look at closely, and each month
beside the same month of the year before. Hours and days are kept for ever."""
HISTORY_LOG_ROWS_MAX = 200_000
"""Events and setpoint changes each: ten years of a busy house; then the oldest go."""
HISTORY_ROWS_MAX = 10_000
"""Rows of one answer: a day of samples is 8 640."""
POWER_AUTO_ROWS_MAX = 1_500
"""Rows of a chart whose step is chosen here: what a screen is wide."""
HISTORY_READS_MAX = 2
HISTORY_READS_WAITING_MAX = 16
"""Answers made of the memory at once, each in a thread, and those that wait: a page asks for three together, and two
cores have charging to see to."""
HISTORY_WAIT_S = 10.0
"""For those before it: then a disk hangs, and whoever asks is told."""
EXPORTS_MAX = 2
"""Exports at once, each of which holds a place in the store open."""
LOG_ROWS_MAX = 500
"""Entries of one page of the log."""
HISTORY_PENDING_SAMPLES_MAX = 720
HISTORY_PENDING_EVENTS_MAX = 1_000
"""Kept in memory while the disk cannot be written: an hour of a meter and an outlet; sums of hours and days are all
kept."""
HISTORY_NOTES_MAX = 1_024
"""What happens before the store is open waits for it: minutes of a house that tells something each second."""
SESSION_BEGINS_MAX = 500
"""Of so many newest sessions the begin is known, lest another takes the place of one after the clock went back."""
HISTORY_SLOW_S = 30.0
"""A write takes milliseconds; a disk that has not answered for so long is told as one that fails."""
HISTORY_STOP_S = 10.0
"""A stop waits so long for what happened last to be kept: while a machine goes down, its disk has much to do."""
SETPOINT_REASON_MIN_S = 10.0
"""A reason that changes without its setpoint is kept at most so often for each outlet; setpoints always."""
EXPORT_PORTION_ROWS = 500
STREAMS_MAX = 256
"""Live streams at once; each is a connection that is never idle."""
STREAM_INTERVAL_S = 0.5
"""Between two states that a reader is sent: the first after a pause is sent at once, those that follow it together."""
HTTP_STREAM_BUFFER_BYTES = 32 * 1024
"""Of a stream in the system, unsent: some states of the site, so that a slow reader's are some seconds old at most."""
STREAM_POINTS_MAX = 900
"""Points of the live charts that are held: a quarter of an hour of a meter that sends each second."""

assert STREAMS_MAX + HTTP_CONNECTIONS_PER_PEER < HTTP_CONNECTIONS_MAX
# --- what is looked at closely ---------------------------------------------------------------------------
TELEGRAM_LINES_MAX = 1_000
"""Values of one telegram that are told one by one; those known have 60, and 16 KiB of empty ones would be a page."""
DIAGNOSTICS_LOG_ROWS = 1_000
"""Entries of the log in a file for whoever helps: some weeks of a quiet house."""

# --- the box's network -----------------------------------------------------------------------------------
UNCONFIGURED_S = 30.0
"""Without any network configured, so long until the access point opens: a cable's network takes its time at boot."""
NEVER_WORKED_S = 900.0
"""Networks are configured, but none ever worked: a router that boots takes minutes, a wrong password never ends."""
SETUP_IDLE_S = 900.0
"""Without a request by its access point, setup mode ends where there is a network to go back to."""
TELL_BOTH_S = 120.0
"""The access point beside the joined network: long enough to read an address."""
TELL_AFTER_FETCH_S = 60.0
TELL_MAX_S = 300.0
"""The access point instead of the joined network, until the phone has come back to it and read the address."""
ACT_GRACE_S = 1.0
"""Between an answer and the act that may cut off whom it was for."""
REJOIN_FIRST_S = 5.0
REJOIN_MAX_S = 300.0
"""NetworkManager tries by itself too; this is for what it gives up."""
SCAN_FRESH_S = 5.0
"""Networks are not looked for anew within: a scan keeps the radio from its other work for seconds."""
SCAN_WAIT_S = 4.0
"""Who asks for networks waits at most so long for a scan, and has those of the one before after it."""
SCAN_OLD_S = 60.0
"""Before the access point opens they are looked for anew unless that was within."""
WIFI_LOOK_S = 10.0
"""How old the strength of the network may be."""
WIFI_CALL_MAX_S = 30.0
JOIN_MAX_S = 120.0
"""Calls to whoever looks after the radio: it may hang; its own limit on a join is shorter."""
NETWORKS_SHOWN_MAX = 100
"""A block of flats has as many; one answer has to stay small."""
WIFI_ANSWER_S = 5.0
"""For each answer of NetworkManager: it takes milliseconds, and half a second on a small computer that boots."""
WIFI_SCAN_S = 15.0
"""Both bands, each channel listened to for a tenth of a second, and drivers that begin late."""
WIFI_JOIN_S = 45.0
"""From the password to an address: as long as NetworkManager itself waits for one by DHCP."""
WIFI_OPEN_S = 20.0
"""For the access point to open; drivers take two seconds, a radio that was off five."""
WIFI_NETWORKS_MAX = 64
"""The strongest networks in reach: nobody reads a longer list, in a block of flats neither."""
WIFI_OBJECTS_MAX = 4096
"""Of NetworkManager looked at: a house has fifty, a block of flats a few hundred networks more."""
WIFI_PROFILES_MAX = 128
"""Connections that are kept in NetworkManager, looked at."""
WIFI_KEPT_MAX = 8
"""Of our own networks; the one that was used longest ago makes room."""
WIFI_TRIES_MAX = 2
"""Networks tried in one go when the one that was lost is looked for."""
SETUP_KEY_FILE_MAX_BYTES = 1024

# --- firmware ------------------------------------------------------------------------------------------
FIRMWARE_MAX_BYTES = 256 * 1024 * 1024
"""Of an image: the program and all that it needs have some 15 MiB."""
FIRMWARE_MANIFEST_MAX_BYTES = 64 * 1024
"""What an image says of itself, held in memory before anybody knows whose it is; 20 files take 4 KiB."""
FIRMWARE_FILES_MAX = 256
FIRMWARE_HARDWARE_MAX = 64
"""Files of an image, and kinds of hardware that it is for: ten times what there are."""
FIRMWARE_VERSION_MAX_CHARS = 48
FIRMWARE_NAME_MAX_CHARS = 128
"""Of the path that an upload is sent to."""
FIRMWARE_KEYS_MAX = 16
"""Keys whose images are taken: an old and a new one while they change, and some of the owner's own."""
FIRMWARE_KEYS_FILE_MAX_BYTES = 16 * 1024
FIRMWARE_UNPACKED_MAX_BYTES = 4 * FIRMWARE_MAX_BYTES
FIRMWARE_ENTRIES_MAX = 20_000
FIRMWARE_INDEX_MAX_BYTES = 4 * 1024 * 1024
FIRMWARE_PATH_MAX_BYTES = 1024
"""What wheels may unpack to, in bytes and in files; the index of one, which is read at once; a path in it. The program
with all that it needs has 47 MiB in 3,400 files, bytecode included."""
FIRMWARE_RESERVE_BYTES = 32 * 1024 * 1024
"""Left free on the disk beside an image: the memory is written meanwhile."""
WHEEL_FILES_MAX = 20_000
WHEEL_UNPACKED_MAX_BYTES = 1024 * 1024 * 1024
"""Of one wheel; all that the program needs have 2 000 files and 60 MiB. A few KiB may unpack to terabytes."""
UPLOAD_PIECE_BYTES = 128 * 1024
"""Written at once, while as much again comes in."""
UPLOAD_SYNC_BYTES = 8 * 1024 * 1024
"""Brought to the disk together: what else is written must not wait until a memory card has taken the whole."""
UPLOAD_READ_BYTES = 64 * 1024
"""Read at once of an upload."""
UPLOAD_LEAST_BYTES = 16 * 1024
UPLOAD_LEAST_S = 30.0
"""So much has to come in so long, or the place is free for another: the worst Wi-Fi brings a hundred times more."""
RESTART_WAIT_MAX_S = 6 * 3600.0
"""New firmware waits so long for a moment that disturbs no car: a night's charging; then a minute at the fallback."""
RESTART_HOLD_MAX_S = 60.0
"""For every charger to follow: one that has not by then will not, and is none the worse for a restart."""
RESTART_FOLLOW_S = 3.0
"""From the last lower setpoint to the restart: it is sent at once, or within a second of others to the same outlet."""
TRIAL_STEADY_S = 10.0
"""So long without a break is new firmware healthy before it counts as that."""
TRIAL_LEAST_S = 300
"""For new firmware to become healthy: a serial line's setting is found in two minutes, a link is up again in one."""
TRIAL_MOST_S = 3600
"""With a meter that sends so seldom that its cadence is not known."""

assert TRAILER_PADDING_MAX_BYTES < FEED_SLICE_BYTES < TELEGRAM_MAX_BYTES
assert MBUS_LENGTH_MAX < TELEGRAM_MAX_BYTES < FRAMING_HELD_MAX_BYTES < DETECTOR_HELD_MAX_BYTES
assert CAPTURE_PROOF_BYTES < CAPTURE_LINE_MAX_BYTES < TELEGRAM_MAX_BYTES
assert BACKOFF_FIRST_S < BACKOFF_MAX_S < LINK_REOPEN_S
assert LINE_QUIET_S < 1 < LINK_SILENT_S < LINK_REOPEN_S
assert FRESH_MIN_S <= FRESH_MAX_S
assert HTTP_CONNECTIONS_PER_PEER < HTTP_CONNECTIONS_MAX < 1024
assert HTTP_PARSE_MAX_BYTES <= HTTP_READ_MAX_BYTES <= HTTP_HEADER_MAX_BYTES
assert HTTP_HEADER_TIMEOUT_S < HTTP_IDLE_TIMEOUT_S
assert HTTP_CHANGE_MAX_BYTES < HTTP_HEADER_MAX_BYTES
assert MQTT_INBOX_PAUSE_S < MQTT_TICK_S < MQTT_KEEPALIVE_S < FRESH_MIN_S
assert MQTT_CLOSE_TIMEOUT_S < STOP_TIMEOUT_S
assert CHARGER_TOPIC_MAX_CHARS < CHARGER_PAYLOAD_MAX_BYTES < MQTT_PACKET_MAX_BYTES
assert OUTLETS_PER_CHARGER_MAX < CHARGER_TELLS_PER_S_MAX
assert LINE_QUIET_S < LINE_BURST_GAP_S < LINE_HASTE_S < LINE_BURST_MAX_S < LINE_TRY_S < LINE_TRY_MAX_S < LINK_REOPEN_S
assert LINK_REOPEN_S < LINE_STAY_S
assert FUSES_MAX < LINES_KEPT_MAX
assert ACT_GRACE_S < SCAN_WAIT_S < SCAN_FRESH_S < WIFI_LOOK_S < WIFI_CALL_MAX_S < JOIN_MAX_S
assert UNCONFIGURED_S < TELL_AFTER_FETCH_S < TELL_BOTH_S < TELL_MAX_S < NEVER_WORKED_S
assert REJOIN_FIRST_S < REJOIN_MAX_S
assert WIFI_ANSWER_S < WIFI_SCAN_S < WIFI_OPEN_S < WIFI_CALL_MAX_S
assert WIFI_SCAN_S + WIFI_TRIES_MAX * WIFI_JOIN_S + WIFI_ANSWER_S < JOIN_MAX_S
assert FIRMWARE_MANIFEST_MAX_BYTES < UPLOAD_PIECE_BYTES < UPLOAD_SYNC_BYTES < FIRMWARE_MAX_BYTES
assert UPLOAD_LEAST_BYTES <= UPLOAD_READ_BYTES < UPLOAD_PIECE_BYTES
assert UPLOAD_LEAST_S < HTTP_IDLE_TIMEOUT_S
assert RESTART_FOLLOW_S < RESTART_HOLD_MAX_S < RESTART_WAIT_MAX_S
assert FRESH_CADENCES * FRESH_MAX_S + TRIAL_STEADY_S < TRIAL_LEAST_S < TRIAL_MOST_S
