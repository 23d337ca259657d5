// Limits of the drivers. Each says why it is that.

/**
 * The largest data-channel message that the Node driver offers to take, in bytes. The native send buffer cannot be
 * smaller than one message, so a large one would hide a long queue.
 */
export const MAX_MESSAGE_SIZE = 65_536

/**
 * What SCTP takes out of our hands in Node, in bytes, for all connections of the process. The library's default of
 * 1 MiB hid 5.7 s of delay on a 400 kbit/s link behind a `bufferedAmount` of 0.
 */
export const SCTP_SEND_BUFFER_SIZE = 65_536

/**
 * How long an offerer in Node waits before it checks the candidates of an answerer in Node, in ms, so that the answerer
 * is ready first. With it 1 of 400 connections stalled for a second, where raw node-datachannel had 145 of 400.
 */
export const ANSWERER_HEAD_START_MS = 5

/**
 * The largest message that a browser sends, in bytes: what Chromium takes. Firefox announces 1 GiB, which is more than
 * what may wait at the receiver.
 */
export const MAX_BROWSER_MESSAGE_SIZE = 262_144

/**
 * How long an answerer in Node leaves it to an offerer in Node to check first, in ms. The native library starts ICE with
 * the answer before it has taken down the answer's fingerprint: checks that are there already let DTLS begin in between,
 * on a busy machine, and that refuses the certificate (5 of 180 connections of newcomers, and 0 of 540 with it). Where the
 * offerer cannot get through by itself, both check after this time.
 */
export const OFFERER_HEAD_START_MS = 200

/**
 * How long the channels of a connection that was closed in Node may take to close, in ms, before each is closed by
 * itself. 450 connections needed it for none.
 */
export const CLOSE_GRACE_MS = 1_000
