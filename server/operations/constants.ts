// What `skein-server` does unless it is told otherwise.

/** Beside the demo's 8080 a developer's second server would not start. */
export const DEFAULT_PORT = 8090
/** Kubernetes kills after 30 s, Docker after 10; players need about a second. */
export const DEFAULT_DRAIN_SECONDS = 8
/** A probe that asks more often gets the last answer, so that a public /readyz does not become load on the store. */
export const READY_CACHE_MS = 1_000
/** Load balancers give up after 1 to 5 s; a store that takes this long is not ready. */
export const READY_TIMEOUT_MS = 2_000
/** Joins take less than a millisecond in memory and a few with Redis; beyond 10 s the client has given up. */
export const JOIN_SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** In memory a round trip is microseconds; beyond a second Redis is in trouble. */
export const ADAPTER_SECONDS_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5]
/** As pino names them, the quietest first. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
