// Limits of the signaling server. Each says why it is that; operators change those that `SignalingServerOptions` has.

/** The largest message that the schema lets through is an SDP of 16 KiB, twice that with every character escaped. */
export const MAX_MESSAGE_BYTES = 65_536
/** A client sends its first message with the handshake done; 5 s lets a mobile link repeat it twice. */
export const FIRST_MESSAGE_TIMEOUT_MS = 5_000
/** Clients give up after 10 s: an answer of `authorize` that takes longer would be for nobody. */
export const AUTHORIZE_TIMEOUT_MS = 10_000
/** A slow answer of the function form of `iceServers` must not keep a client from its room: it enters without, or with old ones. */
export const ICE_SERVERS_TIMEOUT_MS = 5_000
/** How often one client may have ICE servers made for it: behind them may be a service that is paid by the call. */
export const ICE_SERVERS_PERIOD_MS = 10_000
/** Below a minute the clocks of two machines differ by as much. */
export const MIN_ICE_LIFETIME_S = 60
/** A day: longer-lived credentials are worth being stolen. */
export const MAX_ICE_LIFETIME_S = 86_400
/** Credentials open a relay within seconds; ten minutes are left for machines whose clocks are wrong. */
export const DEFAULT_TURN_LIFETIME_S = 600
/** Every client sees what the secret makes of a name, and can guess at a short one for as long as it likes. */
export const MIN_TURN_SECRET_LENGTH = 16
/** Below the 30 s after which the first load balancers cut idle connections; a dead client is gone after 20 s. */
export const PING_PERIOD_MS = 10_000
/** Ten thousand clients are pinged a thousand at a time. */
export const PING_TURNS = 10
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
/** scrypt's N, with r = 8: 16 MiB and about 50 ms for each guess. A room's password lives no longer than its room. */
export const SCRYPT_COST = 16_384
/** Two of libuv's four threads' work for a second; each holds 16 MiB while it runs. */
export const MAX_PASSWORD_CHECKS = 32
/** Bans of one room; the oldest are forgotten. A room that needs more needs tickets. */
export const MAX_BANS = 256

/** How long the place of a client whose socket broke is kept, in ms: a phone changes its network within 10 s, or a lift. */
export const DEFAULT_RESUME_GRACE_MS = 30_000
/** How long a star that waits is kept for its host, in ms: a restart with an update, or a walk to another machine. */
export const DEFAULT_HOST_WAIT_MS = 300_000
/** A place is held for this many grace times, and renewed three times meanwhile: clients of a process that died have at least one. */
export const LEASE_GRACES = 2
export const RENEWALS_PER_LEASE = 3
/** How often places whose time is up are looked for, in a grace time. */
export const SWEEPS_PER_GRACE = 6
/** Never more often than this, in ms, however short the grace. */
export const MIN_SWEEP_MS = 200
/** After a gap in the link to the store: a room that could not be reached is looked at again after so long, in ms. */
export const MEND_RETRY_MS = 1_000
/** Between two looks at the time of day: a clock that is kept right moves by milliseconds, one that is set by seconds, in ms. */
export const TIME_JUMP_MS = 1_000
/** Records that are looked at together: enough to hide a store's distance, and few enough to stay a small burst. */
export const CARE_BATCH = 64

/** Who claimed to open the next room of a quick match has this long to do it, in ms; then another one may. */
export const MATCH_CLAIM_MS = 1_000
/** How long a quick match waits before it looks again whether the room that is being opened is there, in ms. */
export const MATCH_RETRY_MS = 20
/** Looks of one quick match before it gives up: about 5 s. */
export const MATCH_ATTEMPTS = 200
/** Rooms that a listing looks at for one page: a filter that fits nothing must not read them all. */
export const MAX_LIST_SCAN = 500
/** A listing costs as much as so many messages. */
export const LIST_TOKENS = 16
/** How long a client that only looks at listings may stay between them, in ms. */
export const LIST_IDLE_MS = 60_000

/** Records in Redis: 100,000 rooms of 2 kB are 200 MB. */
export const DEFAULT_MAX_REDIS_RECORDS = 100_000
/** Processes that change one record at the same moment try again; each round one of them is through. */
export const MAX_TRANSACT_ATTEMPTS = 100
/** How long a command waits for Redis to be there (again), in ms: a restart takes 1 s, a client's patience 10 s. */
export const REDIS_COMMAND_TIMEOUT_MS = 3_000
/** A link to Redis that is silent for so long is made anew, in ms; pings keep a healthy one from that. */
export const REDIS_SOCKET_TIMEOUT_MS = 5_000
export const REDIS_PING_MS = 1_000
/** How long the attempts to reach Redis are apart at most, in ms. */
export const REDIS_RECONNECT_LONGEST_MS = 1_000
/** Signals for one process leave in one command up to so many UTF-16 units: beyond that a command more costs next to nothing. */
export const REDIS_PARCEL_LENGTH = 65_536
/** Records that a listing reads from Redis at once: about 200 kB. */
export const REDIS_LIST_CHUNK = 100

/** How long a process that drains may take, in ms: below the 30 s after which orchestrators kill. */
export const DEFAULT_DRAIN_MS = 10_000
/** Clients are handed over in so many handfuls, in the first half of that time. */
export const DRAIN_STEPS = 20

/** Slow headers are an old way to hold connections; a handshake is one small request, and has as long as the first message. */
export const HANDSHAKE_TIMEOUT_MS = 5_000
/** How often Node looks for handshakes that are late; its own 30 s would let them live four times as long. */
export const HANDSHAKE_CHECK_MS = 1_000
/** Handshakes under way, health checks and metrics, beside the sockets that `limits.connections` allows. */
export const TCP_CONNECTIONS_BESIDE_SOCKETS = 2_000

/** A message costs one token per started KiB, so that the bucket bounds both how often and how much. */
export const BYTES_PER_TOKEN = 1_024
/** A newcomer in a mesh of 64 sends an offer and about 12 candidates to each: 819 messages at once. */
export const DEFAULT_MESSAGE_BURST = 1_024
/** A member whose traffic is above its rate is refused, not closed: others cause it. This many times its burst is a flood. */
export const FLOOD_BURSTS = 8
/** A member may answer as many signals as it got above its rate: a star's host those of 256 clients that come at once. */
export const MAX_OWED_MESSAGES = 4_096
/** A member that is refused for its rate is told so this often, in ms. */
export const RATE_NOTICE_MS = 1_000
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
export const CLOSE_SERVICE_RESTART = 1012
export const CLOSE_TRY_LATER = 1013

// Who may enter.
/** HMAC-SHA-256 is as strong as its key, and a key of its own output's length is the least that RFC 7518 allows. */
export const MIN_SECRET_BYTES = 32
/** From the backend's answer to the join a page loads the game: a minute on a bad link, five for a lobby before it. */
export const DEFAULT_TICKET_LIFETIME_MS = 300_000
/** A used ticket is remembered until it ends: a day of them is what a server can keep in mind. */
export const MAX_TICKET_LIFETIME_MS = 86_400_000
/** Between the clocks of a backend and a signaling server that both keep theirs right. */
export const TICKET_CLOCK_TOLERANCE_MS = 5_000
/** About 150 bytes each: 15 MB. At five minutes' life that is 333 joins a second, of one process. */
export const MAX_CLAIMS = 100_000

// Limits against abuse.
/** A message that the schema lets through has at most 34 kB: clients need one frame, slow proxies make a few of it. */
export const MAX_FRAGMENTS = 16
/** What a frame of MAX_MESSAGE_BYTES comes in over a link that gives 64 bytes at a time. */
export const MAX_BUFFERED_CHUNKS = 1_024
/** Firefox's longest offer with every candidate of a machine with four networks has about 70 lines. */
export const MAX_SDP_LINES = 256
/** As a candidate's line in MAX_CANDIDATE_LENGTH, which is the longest of a description's lines. */
export const MAX_SDP_LINE_LENGTH = 1_024
/** A machine with four networks, IPv6 and two TURN servers has about 40. */
export const MAX_CANDIDATES_PER_DESCRIPTION = 64
/** Three attempts and an ICE restart every minute for an hour. */
export const MAX_DESCRIPTIONS_PER_PEER = 256
/**
 * And as many more: what one peer can have the other one say (DEMAND_REFILL_MS, with an answer and a failure each, and own attempts), so that
 * nobody can have another one closed, and a pair that never connects may go on trying for days.
 */
export const DESCRIPTIONS_PER_SECOND_PER_PEER = 4
/** Twice the largest room. */
export const MAX_PEERS_REMEMBERED = 512
/** Addresses, or rooms, whose budgets are remembered: about 150 bytes each. */
export const MAX_BUDGET_KEYS = 65_536
/** A match that begins is a burst: everybody signals to everybody for some seconds, and then there is silence. */
export const SHARED_MESSAGE_BURST_SECONDS = 16
/** A class that opens the game at once comes from one address within the burst of DEFAULT_MAX_CONNECTIONS_PER_ADDRESS. */
export const DEFAULT_CONNECTS_PER_SECOND_PER_ADDRESS = 32
/** People mistype a code of nine symbols now and then; 45 bits last for thousands of years at this rate. */
export const DEFAULT_FAILED_ENTRIES_PER_MINUTE_PER_ADDRESS = 30
/** A school whose lobbies are opened at once; each listing takes up to a millisecond. */
export const LISTINGS_AT_ONCE_PER_ADDRESS = 256
/** Lobbies that look again every 5 s, of 160 players behind one address. */
export const LISTINGS_PER_SECOND_PER_ADDRESS = 32
/** 65,536 networks of 64 bits are in one of 48: to guess, they count as so many addresses. A campus is in one, too. */
export const ADDRESSES_OF_NETWORK = 32
/** Two classes that enter rooms with a password at the same time: 3 s of a processor. */
export const PASSWORDS_AT_ONCE_PER_ADDRESS = 64
/** A tenth of a processor for each address. */
export const PASSWORDS_PER_SECOND_PER_ADDRESS = 2
/** A change of a room is told to every member: it costs the one who makes it a token more for so many of them. */
export const PEERS_PER_TOKEN = 16
/** A class that opens the game at once, as many as may stay. A handshake takes milliseconds. */
export const MAX_PENDING_HANDSHAKES_PER_ADDRESS = 256
/** 32 clients of one address at their own limit. */
export const DEFAULT_MESSAGES_PER_SECOND_PER_ADDRESS = 4_096
/** A mesh of 64 that begins at once has 2,016 pairs with about 30 messages each: within the burst of this. */
export const DEFAULT_MESSAGES_PER_SECOND_PER_ROOM = 4_096

/** How long a passport is good unless told otherwise, in ms: a day, in which a player may come and go. */
export const DEFAULT_PASSPORT_LIFETIME_MS = 86_400_000

/** A passport cannot be called back: a month is the longest that a mistake may last. */
export const MAX_PASSPORT_LIFETIME_MS = 2_592_000_000
