// Limits of a link. Each says why it is that.

/** Version of the wire format in wire.ts; peers of different versions refuse each other. */
export const LINK_VERSION = 4

/** Bytes of each side's half of a session: 128 bits of chance each, so that either alone makes a key that nobody guesses. */
export const SESSION_BYTES = 16

/** Bytes of a proof that its writer is of a session: HMAC-SHA-256, whole. */
export const SESSION_PROOF_BYTES = 32

/** Bytes of a message: one SCTP packet carries 1,156, and what fits one packet is lost or late alone. */
export const MAX_MESSAGE = 1_150

/** The largest reliable packet, in bytes: a level with its pictures. */
export const MAX_RELIABLE_PACKET = 64 * 1024 * 1024

/** Bytes that a packet which is passed on may have beside its own: a head and 256 targets, a room's worth (relay/wire.ts). */
export const MAX_RELAY_HEADER = 1_031

/**
 * The largest signal of the bulk connection, in bytes: four times the longest description (MAX_SDP_LENGTH). It is read as JSON, of
 * which 64 MiB that mean nothing take the better part of a minute, and 2 GB.
 */
export const MAX_SIGNAL = 64 * 1024

/** Bytes of packets of one peer that have begun to arrive, at most: two of the largest. */
export const MAX_UNFINISHED_BYTES = 2 * MAX_RELIABLE_PACKET

/** The same of all peers of one multiplayer peer together: a quarter of what a page may take. */
export const MAX_UNFINISHED_BYTES_IN_ALL = 512 * 1024 * 1024

/** What is allocated for a packet at first, in bytes; it doubles as content comes, so that a mere claim costs nothing. */
export const FIRST_ALLOCATION = 64 * 1024

/** Pieces of an unreliable packet: at 1 % loss already one of seven such packets is lost. Four bits count them. */
export const MAX_UNRELIABLE_PIECES = 16

/** The largest unreliable packet, in bytes: 16 pieces. */
export const MAX_UNRELIABLE_PACKET = 16_000

/** Unreliable packets of one peer that have begun to arrive, at most; the oldest goes. */
export const MAX_UNFINISHED_UNRELIABLE = 8

/** How long the rest of an unreliable packet is waited for, in ms: later it is worth nothing. */
export const UNFINISHED_TIMEOUT_MS = 500

/** Bytes on an unreliable channel above which packets wait on our side, where the newest wins. */
export const UNRELIABLE_HIGH_WATER = 8_192

/** How long an unreliable packet waits for its turn, in ms: three ticks at 60 Hz. Later it is worth nothing. */
export const MAX_UNRELIABLE_WAIT_MS = 50

/** Bytes of unreliable packets that wait, at most: beyond, the oldest goes. */
export const MAX_WAITING_UNRELIABLE_BYTES = 64 * 1024

/** Those passed on for one peer among them, at most: an eighth, so that a flood does not take all room. */
export const MAX_WAITING_RELAYED_BYTES = 8 * 1024

/** Packets from this size on are bulk where no lane is given: over 2 Mbit/s they take longer than eight ticks. */
export const BULK_FROM = 32 * 1024

/** Lanes: the three of ours and those of the user. Each costs its receiver an unfinished packet. */
export const MAX_LANES = 16

/** Bytes that wait in a lane or are on their way from which on `send` answers "hold on". A second of a 2 Mbit/s link. */
export const LANE_HIGH_WATER = 256 * 1024

/** Bytes at which a lane that was full counts as drained. */
export const LANE_LOW_WATER = 64 * 1024

/** Reliable bytes that wait for one peer at which it is given up: two of the largest packets. */
export const MAX_QUEUED = 2 * MAX_RELIABLE_PACKET

/** Reliable packets that wait for one peer at which it is given up: each takes about 100 bytes beside its content. */
export const MAX_QUEUED_PACKETS = 1_000_000

/** Bytes on a reliable channel above which nothing more is handed over: what SCTP has cannot be overtaken. */
export const RELIABLE_HIGH_WATER = 16 * 1024

/** The same at a goodbye: there is no later. Chromium fails a channel at 16 MiB. */
export const LAST_HIGH_WATER = 8 * 1024 * 1024

/** Progress of a packet is told each time this many bytes more have gone or come. */
export const PROGRESS_STEP = 64 * 1024

/** Between two heartbeats, in ms. Hidden tabs get a timer a second at best. */
export const HEARTBEAT_MS = 500

/**
 * The same while a peer has been silent for as long as that, in ms: one lost packet is no suspicion, and what SCTP holds back after an outage
 * goes as soon as one small message has passed.
 */
export const HURRIED_HEARTBEAT_MS = 100

/**
 * An answer that is late by so much, in ms, is a sign that the path is away: SCTP's timer rings after 200 ms at the earliest,
 * and leaves a window of one packet.
 */
export const DOUBT_MS = 200

/** Bytes of unreliable packets that may be on their way then: with heartbeats they must fit into that window. */
export const MAX_IN_DOUBT = 300

/** Silence after which a peer is reconnecting, in ms: several questions without an answer. */
export const SUSPICION_MS = 1_000

/** How long a peer may be reconnecting until it is gone, in ms: a tunnel, a lift, a page that is loaded anew. */
export const GRACE_MS = 15_000

/** What one late heartbeat may add to the silence, in ms: a process that was frozen must not blame the others. */
export const MAX_SILENCE_STEP_MS = 500

/**
 * How long the bulk connection may carry nothing while the other side is heard, in ms: at least this, and at least so many round-trip
 * times. SCTP sends what was lost again after 1, 2, 4 and 8 s, so that its own pause after an outage is over by then; ICE gives a
 * connection up only after 30 s.
 */
export const BULK_STALL_MS = 10_000
export const BULK_STALL_ROUND_TRIPS = 16

/** What one late heartbeat may take of the grace, in ms: as often as the timers of a hidden tab ring. */
export const MAX_GRACE_STEP_MS = 1_000

/**
 * Messages on a reliable channel that are not known to have arrived, at most; then the rest waits. 16 bits count them, and
 * tell no more than twice as many apart.
 */
export const MAX_UNACKNOWLEDGED = 16_384

/** Messages of a reliable user channel after which their arrival is told at once. Otherwise each heartbeat tells it. */
export const TAKEN_EVERY = 64

/** Bad messages after which a peer is closed. Over DTLS none is an accident. */
export const MAX_BAD_MESSAGES = 8

/** How long a goodbye waits for its answer, in ms: closing is no flush. */
export const GOODBYE_TIMEOUT_MS = 250

/** Packets that wait for a greeting that they overtook: on new channels a second's worth of what is sent again may be among them. */
export const MAX_EARLY_MESSAGES = 2_048

/** Messages that the loss figure looks back on. At 30 Hz about 4 s. */
export const LOSS_WINDOW = 128

/** Messages whose fate is known by an acknowledgement besides the newest: the bits of its history. */
export const ACK_HISTORY = 32

/**
 * How long the arrival of a packet is kept back, in ms, in case something goes the other way; whoever needs to know sooner
 * asks. Each message that wakes a process costs it more than a hundred packets in one.
 */
export const ACK_DELAY_MS = 60

/** Messages after which their arrival is told all the same: half of what the history holds. */
export const ACK_EVERY = 16

/** Whoever sent within this time will send again soon, in ms: a tick at 30 Hz and a bit. A timer for each packet is garbage. */
export const CONVERSATION_MS = 40

/** The same for messages of the stream: they set its pace. */
export const STREAM_ACK_DELAY_MS = 5

/** Messages of the stream after which their arrival is told at once. One in four: TCP's delayed ACK, and half of it. */
export const STREAM_ACK_EVERY = 4

/**
 * Messages of the stream that are not acknowledged, and that a receiver keeps before their turn, at most: twice what the
 * largest window holds. One way may be that far ahead of the other.
 */
export const MAX_STREAM_AHEAD = 2_048

/** How often the path is sounded while a transfer goes on, in ms, and how seldom at most. */
export const PROBE_MS = 5
export const MAX_PROBE_MS = 50

/** What sounding takes: the bytes of a probe with all headers beneath, and the share of the path that it may have. */
export const PROBE_BYTES = 110
export const PROBE_SHARE = 0.04

/**
 * Bytes of the game's reliable packets that may always be on their way (RFC 6928: ten packets), and of the stream at most on an
 * association that has carried nothing yet: SCTP begins with that much, too.
 */
export const INITIAL_WINDOW = 10 * MAX_MESSAGE

/**
 * With how many bytes on their way a transfer starts, before anything is known about the path. Fewer than TCP's ten packets:
 * at 400 kbit/s four of them are a queue of 90 ms, which the game feels; at 20 Mbit/s they cost a round trip.
 */
export const START_WINDOW = 4 * MAX_MESSAGE

/**
 * The same for unreliable packets, as long as no queue was ever seen: they come at the game's pace, and what is kept back is
 * soon worth nothing. A third of a second of 1.5 Mbit/s.
 */
export const UNRELIABLE_START_WINDOW = 64 * 1024

/** Bytes of the stream that may be on their way while it waits for a connection of its own: half of what SCTP starts with. */
export const TRICKLE_WINDOW = INITIAL_WINDOW / 2

/** Bytes that may always be on their way: less would stand still with each loss. */
export const MIN_WINDOW = 2 * MAX_MESSAGE

/** Bytes on their way, at most: 1 Gbit/s at 8 ms, 80 Mbit/s at 100 ms. Also what a receiver keeps of what came too early. */
export const MAX_WINDOW = 1024 * 1024

/** The queue that is aimed at, in ms, where packets are short against it: above what timers and schedulers disturb. */
export const TARGET_QUEUE_MS = 3

/** The same in packets: fewer than one and a half cannot be told from none. */
export const TARGET_QUEUE_PACKETS = 1.5

/** How long the shortest delay is remembered, in ms (twice this at most): as LEDBAT does, against clocks that drift. */
export const BASE_DELAY_MS = 10_000

/** Nothing is waited for longer than this when it is counted as on its way, in ms. */
export const MAX_FLIGHT_MS = 1_000
