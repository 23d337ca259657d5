// Limits of one peer connection. Each says why it is that.

/** Candidates that wait for the remote description. A peer with many interfaces has about 20. */
export const MAX_EARLY_CANDIDATES = 64

/** Candidates taken from one remote in all: more is not a peer that connects, but one that makes us send checks. */
export const MAX_REMOTE_CANDIDATES = 128

/** The longest SDP that is looked at, in characters: about four times the largest that a browser makes. */
export const MAX_SDP_LENGTH = 16_384

/**
 * Packets that may wait on a data channel for `getPacket`, and their bytes. A game that polls sees a few hundred; taking
 * the first of a much longer array moves all the rest, and 65,536 of them took seconds to read.
 */
export const MAX_UNREAD_PACKETS = 8_192
export const MAX_WAITING_BYTES = 8 * 1024 * 1024

/** Changes of state that a connection remembers: one that is made and closed has about ten. */
export const MAX_STATE_CHANGES = 64

/**
 * How long a phase of connecting may take before it is called slow, in ms. A DTLS flight that is lost once takes a
 * second more, an ICE check that is repeated twice 1.5 s.
 */
export const SLOW_PHASE_MS = 2_000
