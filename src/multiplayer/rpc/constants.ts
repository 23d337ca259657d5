// Limits of the RPCs. Each says why it is that.

/** RPCs that a peer may define, in all its sets: what a table of 64 KiB can name. Games have ten to a hundred. */
export const MAX_RPCS = 1_024
export const MAX_RPC_SETS = 32

/** UTF-16 units of the name of an RPC or of a set. */
export const MAX_RPC_NAME_LENGTH = 64

/** Arguments of one call: Godot's limit. */
export const MAX_RPC_ARGUMENTS = 255

/** How long a call waits for a peer that has not defined the RPC yet, in ms: a page that still loads its level. */
export const RPC_AGREEMENT_TIMEOUT_MS = 5_000

/** Reliable calls to one peer that wait for that, and their bytes. It is a round trip in the ordinary case. */
export const MAX_WAITING_CALLS = 256
export const MAX_WAITING_CALL_BYTES = 262_144

/** How long a request waits for its reply unless told otherwise, and at most, in ms: a player waits no longer either. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 5_000
export const MAX_REQUEST_TIMEOUT_MS = 600_000

/** Requests to one peer that wait for a reply. More means that it does not answer. */
export const MAX_PENDING_REQUESTS = 1_024

/**
 * Numbers of requests to one peer that are kept from being used again, because their late replies may still come. It works on
 * MAX_RUNNING_REQUESTS at most; the rest may be under way.
 */
export const MAX_ABANDONED_REQUESTS = 8_192

/** Requests of one peer that are being worked on here: as many as it may wait for. Beyond: ERR_RATE_LIMITED. */
export const MAX_RUNNING_REQUESTS = 1_024

/** Of one RPC from one peer, each second: thirty calls a tick. */
export const DEFAULT_CALLS_PER_SECOND = 2_000

/** What may come at once, in seconds of the rate: a link that was silent for four seconds brings all that it held back. */
export const BURST_SECONDS = 5

/** What a peer may send above the rate, dropped, before it counts as bad: in bursts. */
export const EXCESS_BURSTS = 4

/** Errors that one peer can cause to be reported, at once and then each second: a log is to be read. */
export const REPORT_BURST = 32
export const REPORTS_PER_SECOND = 4

/** UTF-16 units of the code and the message of an error in a reply. */
export const MAX_RPC_ERROR_CODE_LENGTH = 64
export const MAX_RPC_ERROR_MESSAGE_LENGTH = 256

/** Differences between two tables that are told: enough to see what is wrong. */
export const MAX_DIFFERENCES = 32
