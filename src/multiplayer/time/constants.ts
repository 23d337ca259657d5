// Limits of the room's time. Each says why it is that.

/** While a clock finds the room's time, in ms: with 30 ms of jitter and a game's own 60 packets a second, 2.5 s of this give 5 ms. */
export const FAST_PING_MS = 20

/** How long it asks so often, in ms: what a player waits for anyway while a level loads. */
export const FAST_PHASE_MS = 2_500

/** Afterwards, in ms: with WINDOW_MS 40 answers, the best of which are within 1 ms at 30 ms of jitter. */
export const SLOW_PING_MS = 500

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

/** The drift is the slope through the best answers of stretches of this length, in ms: ten slow answers each. */
export const DRIFT_STRETCH_MS = 5_000

/** So many stretches are looked at: two minutes, in which a machine's temperature hardly changes. */
export const DRIFT_STRETCHES = 24

/** A slope over this time, in ms, is believed by half, a longer one by more: over 20 s jitter alone makes 200 ppm. */
export const DRIFT_TRUST_MS = 30_000

/** An answer later than this, in ms, says nothing any more; Skein gives a peer up after less. */
export const MAX_ROUND_TRIP_MS = 10_000

/** Questions that may be unanswered: those of MAX_ROUND_TRIP_MS at the fast pace. A power of two, because numbers wrap. */
export const MAX_OPEN_PINGS = 512

/** Questions of one peer that are answered in a second: twice the fast pace, and packets that were held up come together. */
export const MAX_ANSWERS_PER_SECOND = 100

/** The largest time that is taken from a host, in ms: 2,850 years, and still exact to 20 microseconds. */
export const MAX_ROOM_TIME_MS = 9e13

/** Steps a second that a ticker may be asked for: timers do not ring more often than once in a millisecond. */
export const MAX_TICK_HZ = 1_000

/** What a ticker makes up for at once if not told otherwise, in ms: a hiccup, and not the time that a tab was asleep. */
export const DEFAULT_CATCH_UP_MS = 250
