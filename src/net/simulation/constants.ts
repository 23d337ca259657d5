// Numbers of the simulated network. Each says where it is from: RFCs, or libdatachannel's settings of usrsctp, which is
// what Skein runs on in Node and the stricter of the real transports.

/** Bytes of an IPv4 and a UDP header, of a DTLS 1.2 record with AES-GCM (RFC 6347, 5288), of SCTP's header (RFC 9260). */
export const UDP_HEADER = 28
export const DTLS_HEADER = 37
export const SCTP_HEADER = 12

/** Bytes of the chunks' headers: DATA, SACK and each of its gap blocks, FORWARD TSN and each of its streams. */
export const DATA_HEADER = 16
export const SACK_CHUNK = 16
export const GAP_BLOCK = 4
export const FORWARD_TSN_CHUNK = 8
export const FORWARD_TSN_STREAM = 4

/** User bytes of one SCTP packet: libdatachannel's path MTU of 1,280 less 108 of headers and a DATA header. */
export const MAX_SEGMENT = 1_156

/** What the congestion window counts in (RFC 9260, 7.2.1: PMDCS), in bytes. */
export const SEGMENT_UNIT = MAX_SEGMENT + DATA_HEADER

/** First congestion window and largest burst, in segments (libdatachannel; usrsctp's first window is its burst at most, whatever is set). */
export const INITIAL_WINDOW_SEGMENTS = 10
export const MAX_BURST_SEGMENTS = 10

/** Lost segments that go out again at a time (usrsctp: fr_max_burst). */
export const MAX_RESEND_BURST_SEGMENTS = 4

/** By how many segments an acknowledgement lets the window grow in slow start, at most (usrsctp; RFC 3465: L). */
export const SLOW_START_SEGMENTS = 2

/** The congestion window is never halved below this, in segments (RFC 9260, 7.2.3). */
export const MIN_THRESHOLD_SEGMENTS = 4

/** What a receiver holds while something is missing, in bytes (libdatachannel: 1 MiB). */
export const RECEIVE_WINDOW = 1024 * 1024

/** Retransmission timeout in ms (libdatachannel; RFC 9260 has 1 s, 1 s and 60 s). */
export const RTO_INITIAL_MS = 1_000
export const RTO_MIN_MS = 200
export const RTO_MAX_MS = 10_000

/**
 * Timeouts in a row after which the association fails (libdatachannel, which node-datachannel offers no way to change;
 * RFC 9260: 10). Chromium's and Firefox's never fails for that reason (dcSCTP: max_retransmissions).
 */
export const MAX_TIMEOUTS = 5

/** The longest wait that doubling leads to in Chromium and Firefox, in ms (dcSCTP: max_timer_backoff_duration). */
export const BROWSER_MAX_BACK_OFF_MS = 3_000

/** How long an acknowledgement waits for a second packet, in ms (libdatachannel; RFC 9260 allows 500). */
export const DELAYED_SACK_MS = 20

/** Reports that something later arrived, after which a chunk is held for lost (RFC 9260, 7.2.4). */
export const MISSES_UNTIL_LOST = 3

/** The largest message in bytes: what browsers and node-datachannel settle on. */
export const MAX_MESSAGE_SIZE = 262_144

/** Bytes that may wait in one channel: Chromium closes a channel at 16 MiB, here `send` is refused. */
export const MAX_SEND_BUFFER = 16 * 1024 * 1024

/** First wait for the answer to an ICE check (RFC 8445, 14.3), to a DTLS flight (RFC 6347, 4.2.4.1), in ms. */
export const ICE_RETRY_MS = 500
export const DTLS_RETRY_MS = 1_000

/** An attempt that got no answer is given up after this, in ms (libjuice: ICE_PAC_TIMEOUT; RFC 8863). */
export const CONNECT_TIMEOUT_MS = 39_500

/** Between two consent checks, in ms, and how far chance moves it (RFC 7675, 5.1: 5 s, 0.8 to 1.2 of it). */
export const CONSENT_INTERVAL_MS = 5_000
export const CONSENT_SPREAD = 0.2

/** Silence after which consent is gone, in ms (RFC 7675, 5.1). */
export const CONSENT_TIMEOUT_MS = 30_000

/** What a frozen process's socket holds, in bytes: Linux's net.core.rmem_default. */
export const SOCKET_BUFFER = 212_992

/** Jitter's exponential tail is cut at this many means, so that one packet in 150 and not the whole run waits for it. */
export const JITTER_TAIL = 5

/** What a bottleneck holds unless said otherwise, in bytes: 40 ms at 20 Mbit/s, 2 s at 400 kbit/s. */
export const DEFAULT_QUEUE_BYTES = 100_000

/** How late a second copy comes at most, and how much later a reordered packet, in ms (GameNetworkingSockets). */
export const DEFAULT_DUPLICATE_MS = 10
export const DEFAULT_REORDER_MS = 15

/** How long a message to or from signaling takes, in ms: a server in the same country. */
export const DEFAULT_SIGNALING_LATENCY_MS = 20

/** Promises settle between two steps of the clock: a step in ms, and how many turns they get. */
export const STEP_MS = 1
export const TURNS_PER_STEP = 16
export const TURNS_AT_END = 64

/** How long `until` goes on, in ms of virtual time. */
export const DEFAULT_LIMIT_MS = 60_000

/**
 * What a timer may ring early, in ms: a sum of times that are not whole is a little off, and to wait for the rest of it
 * would be to wait for ever where time stands still.
 */
export const TIMER_TOLERANCE_MS = 0.001
