// Limits of what is passed on. Each says why it is that.

/** Targets of one packet, at most: a room has 256 members. */
export const MAX_RELAY_TARGETS = 256

/** Peers that one peer knows through others, at most: a room's worth, and again as many that come while others go. */
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

/** Reliable packets of a peer that overtook the word that it is there, at most: those of one round trip. */
export const MAX_EARLY_RELAYED = 256

/** Their bytes, at most. */
export const MAX_EARLY_RELAYED_BYTES = 1024 * 1024
