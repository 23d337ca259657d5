// Limits of the signaling server. Each says why it is that; operators change those that `SignalingServerOptions` has.

/** The largest message that the schema lets through is an SDP of 16 KiB, twice that with every character escaped. */
export const MAX_MESSAGE_BYTES = 65_536
/** A client sends its first message with the handshake done; 5 s lets a mobile link repeat it twice. */
export const FIRST_MESSAGE_TIMEOUT_MS = 5_000
/** Clients give up after 10 s: an answer of `authorize` that takes longer would be for nobody. */
export const AUTHORIZE_TIMEOUT_MS = 10_000
/** Below the 30 s after which the first load balancers cut idle connections; a dead client is gone after 20 s. */
export const PING_PERIOD_MS = 10_000
/** A bug in a client makes one or two bad messages and is worth an answer each; this many are an attack or a loop. */
export const MAX_BAD_MESSAGES = 8
/** How long a client may take to answer the closing of its socket before the socket is cut. */
export const CLOSE_GRACE_MS = 2_000
/** What may wait for a client that reads slower than its room talks: a join of 256 peers with every candidate is half. */
export const MAX_UNSENT_BYTES = 1_048_576
/** What a client may miss between subscribing to its room and entering it. A store that takes that long is broken. */
export const MAX_HELD_MESSAGES = 4_096
/** Draws of 45 bits: that even the second one meets an open room shows a broken source of chance. */
export const ROOM_CODE_DRAWS = 3
/** Slow headers are an old way to hold connections; a handshake is one small request. */
export const HANDSHAKE_TIMEOUT_MS = 10_000

/** A message costs one token per started KiB, so that the bucket bounds both how often and how much. */
export const BYTES_PER_TOKEN = 1_024
/** A newcomer in a mesh of 64 sends an offer and about 12 candidates to each: 819 messages at once. */
export const DEFAULT_MESSAGE_BURST = 1_024
/** Afterwards only pings and the answers to single newcomers are left: about 15 messages each. */
export const DEFAULT_MESSAGES_PER_SECOND = 128
/** About 40 kB each with its socket's buffers: 400 MB. */
export const DEFAULT_MAX_CONNECTIONS = 10_000
/** A school or an office behind one address, and no more. */
export const DEFAULT_MAX_CONNECTIONS_PER_ADDRESS = 256
/** One room each for half of the connections: a room of one waits for somebody. */
export const DEFAULT_MAX_ROOMS = 5_000

/** WebSocket close codes (RFC 6455, section 7.4.1, and its IANA registry). */
export const CLOSE_NORMAL = 1000
export const CLOSE_GOING_AWAY = 1001
export const CLOSE_POLICY = 1008
export const CLOSE_INTERNAL_ERROR = 1011
export const CLOSE_TRY_LATER = 1013
