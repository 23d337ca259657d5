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

/**
 * How long after signaling said that a peer is gone its silence is that of one whose goodbye was lost, in ms: a suspicion, and
 * the late timers of a hidden page. Later silence is a network that is away.
 */
export const LOST_GOODBYE_MS = 3_000

/** How long two peers may take to connect, in ms. ICE over a bad mobile network with TURN takes about 8 s. */
export const CONNECT_TIMEOUT_MS = 15_000

/**
 * How often a connection for bulk is dialled in the life of a pair, and how long after the end of the first the second is, in ms;
 * each further wait is twice as long: a minute before the last.
 */
export const MAX_BULK_ATTEMPTS = 8
export const BULK_REDIAL_MS = 1_000

/**
 * How long a transfer goes slowly over the first connection, because one of its own is dialled, in ms. A dial takes eight round
 * trips, and 50 ms; one that takes longer may come to nothing, which would be told after `CONNECT_TIMEOUT_MS`.
 */
export const BULK_PATIENCE_MS = 3_000

/** How often a connection that failed before it stood is dialled again. */
export const MAX_REDIALS = 2

/**
 * What `suspicionMs` may be, in ms. Under 1 s a hidden tab's timers or a page that draws would be suspected; after 30 s
 * without an answer ICE gives the connection up by itself (RFC 7675).
 */
export const MIN_SUSPICION_MS = 1_000
export const MAX_SUSPICION_MS = 30_000

/** What `graceMs` may be at most, in ms: until then all that is sent to a peer is kept. Least is 0: nobody is waited for. */
export const MAX_GRACE_MS = 120_000

/** Messages on a connection that may take the place of another, before this side goes over to it: a greeting and a bit. */
export const MAX_EARLY_ON_NEXT_WAY = 16

/** How long a peer that is silent may come back by itself before a new connection is dialled, in ms. */
export const REDIAL_AFTER_MS = 500

/** How long a restart of ICE may take until a new connection is dialled, in ms: signaling there and back, and some checks. */
export const RESTART_PATIENCE_MS = 2_000

/** How long a connection may take that is to replace another, in ms, until the next one is tried. */
export const REPAIR_PATIENCE_MS = 4_000

/** How long fresh ICE servers are waited for when a connection is repaired, in ms; then the last ones must do. */
export const FRESH_ICE_SERVERS_MS = 500

/**
 * Connections, or restarts of ICE, that a peer may make this side begin at once, and how long each takes to come back, in ms: a
 * connection that breaks every few seconds is repaired each time.
 */
export const MAX_DEMANDS_AT_ONCE = 16
export const DEMAND_REFILL_MS = 1_000

/** How old the route in a peer's figures may be, in ms: a page has to collect a whole report to know it. */
export const ROUTE_REFRESH_MS = 2_000

/** How long the user's function `iceServers` may take, in ms: a third of the time that there is to connect. */
export const ICE_SERVERS_TIMEOUT_MS = 5_000

/** Signals of a peer that may wait for the ICE servers of its connection: its description and as many candidates as count. */
export const MAX_HELD_SIGNALS = 129
