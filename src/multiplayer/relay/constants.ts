// Limits of what is passed on. Each says why it is that.

/** Targets of one packet, at most: a room has 256 members. */
export const MAX_RELAY_TARGETS = 256

/**
 * Peers that one peer knows through others, at most, and that it parted with of one other: a room's worth, and again as many that
 * come while others go.
 */
export const MAX_RELAYED_PEERS = 512

/**
 * Reliable bytes of one peer that wait here for one other, at most; a packet alone may be larger. Who sends on although told to
 * hold back at 256 KiB (`LANE_HIGH_WATER`) is ended there. As much as may wait to be read.
 */
export const MAX_FLOW_BYTES = 8 * 1024 * 1024

/** The same in packets: each takes about 200 bytes beside its content. */
export const MAX_FLOW_PACKETS = 16_384

/**
 * Reliable bytes of all peers together that wait here for one other, at most. The largest packet fits, beside what is usual; and
 * with what follows the link's own limit (`MAX_QUEUED`) stays out of reach: nobody is ended for what others sent it.
 */
export const MAX_TARGET_BYTES = 80 * 1024 * 1024

/** Beyond that every peer has an equal part of so many bytes: who sends little is not refused for what others send. */
export const TARGET_RESERVE_BYTES = 32 * 1024 * 1024

/** Reliable packets by way of one peer that overtook the word that their sender is there, at most: those of one round trip. */
export const MAX_EARLY_RELAYED = 256

/** Their bytes, at most. */
export const MAX_EARLY_RELAYED_BYTES = 1024 * 1024

/** Pairs of a mesh for which one peer passes packets on, at most: its uplink has its own game to carry. */
export const MAX_RELAYED_PAIRS = 16

/** How long the answers of neighbours are waited for, in ms: a round trip over a bad network with a loss. */
export const FIND_TIMEOUT_MS = 1_000

/** How long one of them may take to make two peers known to each other, in ms. Then the next one is asked. */
export const OPEN_TIMEOUT_MS = 1_500

/**
 * How long the peer with the larger id waits for the other one to choose, in ms: both give up at nearly the same time, but not
 * where one of them saw the connection fail and the other waits for its time to be up (`CONNECT_TIMEOUT_MS`).
 */
export const WAIT_FOR_OTHER_MS = 20_000

/** What a round trip counts as that was not measured yet, in ms: more than any good one. */
export const UNKNOWN_ROUND_TRIP_MS = 1_000

/** What stands for a round trip where there is no way. */
export const NO_WAY = 65_535

/** How long the packets that went by way of a third are waited for when there is a connection, in ms. */
export const HANDOVER_TIMEOUT_MS = 10_000

/** How often two peers that are connected by way of a third, or not at all, try to connect again, in ms: it costs signaling. */
export const DETOUR_RETRY_MS = 30_000

/** Pairs of a peer and one over whom it is not reached any more, that are remembered, at most: every player of a large room by some others. */
export const MAX_BARRED = 1_024

/** Version of how packets are sealed: another one is refused, because its keys differ. */
export const SEAL_VERSION = 1

/** Bytes of the public key that a peer makes for a meeting: a point on P-256, uncompressed. */
export const SEAL_KEY_BYTES = 65

/** Bytes that a sealed packet has beside its content, at most: a number (4; unreliable ones alone) and a tag (16). */
export const SEAL_OVERHEAD = 20

/** Unreliable packets that may overtake each other and still count once, of one channel: two seconds at 60 Hz, as links do. */
export const SEAL_WINDOW = 128

/** How long two peers may take to agree on keys, in ms: a round trip by way of the third, on a bad network with two losses. */
export const SEAL_TIMEOUT_MS = 5_000
