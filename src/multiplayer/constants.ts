// Limits of the multiplayer layer. Each says why it is that.

/** The largest peer id: Godot's, and what fits a signed 32-bit integer. */
export const MAX_PEER_ID = 0x7fff_ffff

/** User channels: ids 3 to 34 on every connection. Godot's editor offers 255; nobody was seen to use ten. */
export const MAX_USER_CHANNELS = 32

/** Packets of one peer that may wait for `poll` or `getPacket`, and their bytes. A game that polls sees a few hundred. */
export const MAX_WAITING_PACKETS = 65_536
export const MAX_WAITING_BYTES = 8 * 1024 * 1024

/** The same of all peers of a room together: four peers that are not read at all. Beyond it each has an equal part. */
export const MAX_ROOM_WAITING_PACKETS = 262_144
export const MAX_ROOM_WAITING_BYTES = 32 * 1024 * 1024

/** Events that may wait for `poll`, beside packets: peers that come and go while a game does not poll. */
export const MAX_PENDING_EVENTS = 1_024

/** Errors among them. Nobody reads more; the first say what is wrong. */
export const MAX_PENDING_ERRORS = 64

/** How long a connection outlives its goodbye on the side that heard it, in ms, so that the answer gets out. */
export const LINGER_MS = 500

/** How long two peers may take to connect, in ms. ICE over a bad mobile network with TURN takes about 8 s. */
export const CONNECT_TIMEOUT_MS = 15_000

/** How often a connection that failed before it stood is dialled again. */
export const MAX_REDIALS = 2

/**
 * What `silenceTimeoutMs` may be, in ms. Under 2 s a hidden tab's timers or one lost packet would part peers; after 30 s
 * without an answer ICE gives the connection up by itself (RFC 7675).
 */
export const MIN_SILENCE_TIMEOUT_MS = 2_000
export const MAX_SILENCE_TIMEOUT_MS = 30_000

/** How old the route in a peer's figures may be, in ms: a page has to collect a whole report to know it. */
export const ROUTE_REFRESH_MS = 2_000

/** How long the user's function `iceServers` may take, in ms: a third of the time that there is to connect. */
export const ICE_SERVERS_TIMEOUT_MS = 5_000

/** Signals of a peer that may wait for the ICE servers of its connection: its description and as many candidates as count. */
export const MAX_HELD_SIGNALS = 129
