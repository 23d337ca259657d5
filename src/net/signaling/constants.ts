// Limits of signaling. Each says why it is that.

/** An offer with one data section and no candidates is about 600 bytes; Firefox's with every candidate about 4 kB. */
export const MAX_SDP_LENGTH = 16_384
/** The longest candidate line seen (TURN over TCP, IPv6, with related address) is about 250 characters. */
export const MAX_CANDIDATE_LENGTH = 1_024
/** Room for a signed ticket with a few claims. */
export const MAX_TOKEN_LENGTH = 4_096
/** What a player may be called: longer ones do not fit beside a ship. In UTF-16 units. */
export const MAX_NAME_LENGTH = 64
/** Properties of a player, and of a room; each is shown or searched by name. */
export const MAX_PROPERTIES = 16
/** A property's text: the name of a map, a region, a skin. */
export const MAX_PROPERTY_LENGTH = 128
/** A player's properties as JSON: 256 players' together still fit into one `joined`. */
export const MAX_PRESENCE_LENGTH = 256
/** A room's metadata as JSON: 50 rooms' together fit into one page of a listing. */
export const MAX_METADATA_LENGTH = 1_024
/** A room's password. What people say aloud is shorter; what programs draw may be as long as this. */
export const MAX_PASSWORD_LENGTH = 128
/** Rooms on one page of a listing. */
export const MAX_LISTED_ROOMS = 50
/** A resume secret: 32 hexadecimal digits are 128 bits. */
export const RESUME_SECRET_LENGTH = 32
/** A mesh of 64 already has 2,016 connections; larger rooms are stars with a process of their own. */
export const MAX_PEERS_LIMIT = 256
/** What a room takes when nobody says otherwise. */
export const DEFAULT_MAX_PEERS = 16
/** How long `open` waits for the server's answer, in ms: a TLS handshake over a bad mobile link takes about 3 s. */
export const SIGNALING_TIMEOUT_MS = 10_000
/** How long a session waits for fresh ICE servers before a connection is made with those that it has, in ms: the server gives
 * whoever makes them 5 s. */
export const ICE_SERVERS_WAIT_MS = 6_000
/** Ids are positive 32-bit integers, because a negative target means "all but that one" (Godot's convention). */
export const MAX_PEER_ID = 0x7fff_ffff
/** A star's host has this id, so that clients can address it without asking. */
export const STAR_HOST_ID = 1
/** 9 symbols of 32 are 45 bits: at 1,000 guesses a second against 1,000 open rooms a hit takes a year on average. */
export const ROOM_CODE_LENGTH = 9
/** The largest well-formed server message is `joined` with 256 ids and a few ICE servers: about 6 kB; an SDP 16 kB. */
export const MAX_SERVER_MESSAGE_LENGTH = 131_072
/** What a session keeps for a listener that has not come yet: a room of 256 that joins and signals 15 times each. */
export const MAX_WAITING_EVENTS = 4_096
/** One garbled message may be a bug in a new server; this many mean that it is no signaling server. */
export const MAX_BAD_MESSAGES = 8
/** Proxies cut idle WebSockets after 30 s at the earliest; three pings lie between. A ping unanswered at the next is a dead link. */
export const PING_PERIOD_MS = 10_000

/**
 * How soon the server must answer when it is asked whether the way to it still stands, in ms. When a machine changes its
 * network its socket is dead, and nobody tells.
 */
export const CHECK_TIMEOUT_MS = 1_500

/** The first attempt to come back, in ms: a server that restarts behind a balancer is reachable at once. */
export const RECONNECT_FIRST_MS = 250
/** Later attempts take twice as long each, up to this: ten fit into the server's grace time. */
export const RECONNECT_LONGEST_MS = 4_000
/** How long a client tries where the server named no time, in ms. */
export const DEFAULT_RESUME_MS = 30_000

/** Tabs answer within 5 ms; one that is busy loading a game's textures within a second. */
export const BROADCAST_ANSWER_MS = 1_500
/** A knock is repeated, because the host's place may just be passing to another tab. */
export const BROADCAST_KNOCK_MS = 300
/** How often some tab asks "who is there?". Hidden tabs run timers once a minute, but answer messages at once. */
export const BROADCAST_ASK_MS = 5_000
/** A tab that missed this many questions (15 to 20 s) is gone. Fewer would drop tabs that stand in a debugger or a dialog. */
export const BROADCAST_MISSED_LIMIT = 3
