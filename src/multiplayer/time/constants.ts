// Limits of the room's time. Each says why it is that.

/**
 * While a clock finds the room's time it asks so often, in ms. More often the questions would hold each other up where jitter
 * is: a packet that is late makes those late that follow.
 */
export const FAST_PING_MS = 50

/** How long it asks so often, in ms: after 3 s the time shall be right. */
export const FAST_PHASE_MS = 2_800

/** Afterwards, in ms: with WINDOW_MS 80 answers, the best of which are within 2 ms at 30 ms of jitter. About 800 bytes a second. */
export const SLOW_PING_MS = 250

/**
 * How long an answer is kept back, at random between these, in ms: by then the acknowledgements that the question brought with it
 * are gone, behind which the answer would be late. How long it was is in the answer.
 */
export const MIN_HOLD_MS = 40
export const MAX_HOLD_MS = 100

/** How long an answer counts, in ms: in this time a bad pair of quartzes (400 ppm) drifts apart by 8 ms. */
export const WINDOW_MS = 20_000

/** Answers that are kept: those of the fast phase, which is more than come in a window afterwards. */
export const MAX_SAMPLES = 160

/** Answers that are needed to believe them: of eight the best is usually within an eighth of the jitter. */
export const MIN_SAMPLES = 8

/** An estimate that is likely better than this, in ms, needs no further fast questions: on a LAN after a fifth of a second. */
export const GOOD_ERROR_MS = 2

/** The most by which a clock runs faster or slower to be right again, as a share: nobody sees or hears 1 %. */
export const MAX_SLEW = 0.01

/** Smaller errors are taken off within this time, in ms, so that the noise of single answers is not followed. */
export const SLEW_MS = 1_000

/** An error above this, in ms, is not slewed away (it would take 20 s): the clock steps, and says so. Unity NGO's limit, too. */
export const STEP_LIMIT_MS = 200

/** What a round trip may seem to last below nothing, in ms, before a clock is taken to have jumped: drift over WINDOW_MS makes 10. */
export const JUMP_TOLERANCE_MS = 20

/** A quartz worse than this is none: 500 ppm, what NTP allows. */
export const MAX_DRIFT = 500e-6

/** The drift is the slope through the best answers of stretches of this length, in ms: twenty slow answers each. */
export const DRIFT_STRETCH_MS = 5_000

/** So many stretches are looked at: two minutes, in which a machine's temperature hardly changes. */
export const DRIFT_STRETCHES = 24

/** A slope over this time, in ms, is believed by half, a longer one by more: jitter alone makes 100 ppm over 20 s. */
export const DRIFT_TRUST_MS = 15_000

/** An answer later than this, in ms, says nothing any more; Skein gives a peer up after less. */
export const MAX_ROUND_TRIP_MS = 10_000

/** Questions that may be unanswered: those of MAX_ROUND_TRIP_MS at the fast pace. A power of two, because numbers wrap. */
export const MAX_OPEN_PINGS = 256

/** Questions of one peer that are answered in a second: twice the fast pace, because what was held up comes together. */
export const MAX_ANSWERS_PER_SECOND = 40

/** The largest time that is taken from a host, in ms: 2,850 years, and still exact to 20 microseconds. */
export const MAX_ROOM_TIME_MS = 9e13

/**
 * Beyond this, in ms, a peer that becomes the host begins the time anew: only a host that lied can have brought it so far, and
 * close to `MAX_ROOM_TIME_MS` others would soon refuse it.
 */
export const MAX_OWN_TIME_MS = 4.5e13

/** Steps a second that a ticker may be asked for: timers do not ring more often than once in a millisecond. */
export const MAX_TICK_HZ = 1_000

/** What a ticker makes up for at once if not told otherwise, in ms: a hiccup, and not the time that a tab was asleep. */
export const DEFAULT_CATCH_UP_MS = 250

/** How often a peer that is reached over another one is asked for its round trip, while somebody looks, in ms: as old as a route may be. */
export const ROUND_TRIP_PERIOD_MS = 2_000

/** All of them together: in a full star the host passes on 256 times as many, and their answers. */
export const MAX_ROUND_TRIPS_PER_SECOND = 8
