// A timer that goes on while the tab is hidden: pages in the background are slowed to a tick a second, workers are not.

/** Slightly faster than the simulation: its steps are kept by the clock, not by these ticks. */
const PERIOD_MS = 15

setInterval(() => postMessage(0), PERIOD_MS)
