// Limits of a link. Each says why it is that.

/** Version of the wire format below; peers of different versions refuse each other. */
export const LINK_VERSION = 1

/** Bytes of a message. One SCTP packet carries about 1,156; a reliable packet that is larger is cut into fragments. */
export const MAX_FRAGMENT = 16_384

/** The largest reliable packet, in bytes: a level or a replay fits, and a receiver never holds more than this for one. */
export const MAX_RELIABLE_PACKET = 1024 * 1024

/** Fragments of one packet: eight times as many as we send. Each costs its receiver about 250 bytes beside its content. */
export const MAX_FRAGMENTS = 512

/** The largest unreliable packet, in bytes. From 1,150 on one lost piece loses all: 16 KiB are 15 pieces. */
export const MAX_UNRELIABLE_PACKET = 16_000

/** Bytes on an unreliable channel above which packets wait on our side, where the newest wins. */
export const UNRELIABLE_HIGH_WATER = 16_384

/** Unreliable packets that wait, at most: half a second of state at 60 Hz. Then the oldest goes. */
export const MAX_WAITING_UNRELIABLE = 32

/** Bytes on the reliable channels above which `send` answers "hold on". About a second of a 2 Mbit/s link. */
export const RELIABLE_HIGH_WATER = 256 * 1024

/** Bytes on the reliable channels at which the peer is given up. Chromium fails a channel at 16 MiB. */
export const MAX_RELIABLE_BUFFERED = 8 * 1024 * 1024

/** Between two heartbeats, in ms. Hidden tabs get a timer a second at best. */
export const HEARTBEAT_MS = 500

/**
 * Silence after which a peer is gone, in ms. With one heartbeat of doubt it stays under 5 s. Less would not outlast a
 * network that was away for 2 s: SCTP tries again 3 s after it went (200 ms, doubled four times), later over long ways.
 */
export const SILENCE_TIMEOUT_MS = 4_000

/** What one late heartbeat may add to the silence, in ms: a process that was frozen must not blame the others. */
export const MAX_SILENCE_STEP_MS = 1_000

/** Bad messages after which a peer is closed. Over DTLS none is an accident. */
export const MAX_BAD_MESSAGES = 8

/** How long a goodbye waits for its answer, in ms: closing is no flush. */
export const GOODBYE_TIMEOUT_MS = 250

/** Packets that wait until the peer is announced: only what overtook its greeting. */
export const MAX_EARLY_MESSAGES = 256

/** Messages that the loss figure looks back on. At 30 Hz about 4 s. */
export const LOSS_WINDOW = 128
