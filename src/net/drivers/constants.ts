// Limits of the drivers. Each says why it is that.

/**
 * The largest data-channel message that the Node driver offers to take, in bytes. The native send buffer cannot be
 * smaller than one message, so a large one would hide a long queue.
 */
export const MAX_MESSAGE_SIZE = 65_536

/**
 * How much of what was handed over SCTP keeps, in bytes; it is global to the process. It counts what is on its way, so that
 * less would limit the rate: 20 Mbit/s at a round trip of 100 ms. More would hide how much waits: up to this size
 * `bufferedAmount` is 0.
 */
export const SCTP_SEND_BUFFER_SIZE = 262_144

/**
 * The largest message that a browser sends, in bytes: what Chromium takes. Firefox announces 1 GiB, which is more than
 * what may wait at the receiver.
 */
export const MAX_BROWSER_MESSAGE_SIZE = 262_144

/**
 * How long an answerer in Node leaves it to an offerer in Node to check first, in ms. When both check at once, the
 * answerer's DTLS hello often comes before the offerer is ready, and is repeated only a second later (15 to 31 % of the
 * connections on loopback). With it, 0 of 300 were slow, and all took 50 ms more. Turning the DTLS roles round instead
 * makes the offerer see the certificate before the native library has taken down its fingerprint, and refuse it: 5 of 180
 * connections on a busy machine. Where the offerer cannot get through by itself, both check after this time.
 */
export const OFFERER_HEAD_START_MS = 200

/**
 * How long the channels of a connection that was closed in Node may take to close, in ms, before each is closed by
 * itself. 450 connections needed it for none.
 */
export const CLOSE_GRACE_MS = 1_000

/** How often a connection in Node that is being made is asked whether ICE has found a way, in ms: only for `diagnose`. */
export const ROUTE_POLL_MS = 20
