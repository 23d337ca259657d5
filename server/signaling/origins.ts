// Which pages may open a socket. Browsers say truthfully which page asks; programs say what they like, so this keeps other
// people's pages away from players' browsers and nobody else from anything.

import { NetError } from '../../src/net/errors.ts'

/** Whether an upgrade with this Origin header may go on. */
export type OriginCheck = (origin: string | undefined) => boolean

/**
 * Lets pages of `origins` in, and whoever sends no Origin at all: that is no browser. 'null', which sandboxed frames and
 * local files send, has to be listed like any other. Without a list every page may.
 * @throws {NetError} ERR_INVALID_PARAMETER for what is no origin, such as a URL with a path.
 */
export function originCheck(origins: readonly string[] | undefined): OriginCheck {
  if (origins === undefined) return () => true
  const allowed = new Set(origins.map(readOrigin))
  return (origin) => origin === undefined || allowed.has(origin)
}

/** The origin as browsers spell it: lower case, without the scheme's own port. */
function readOrigin(text: string): string {
  if (text === 'null') return text
  const url = URL.canParse(text) ? new URL(text) : undefined
  // Custom schemes (desktop wrappers) have an opaque origin; their header is the scheme and the host.
  const origin = url && (url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin)
  if (url && origin && (text.toLowerCase() === origin || text.toLowerCase() === origin + portOf(text))) return origin
  const message = `"${text}" is no origin: write scheme and host, and nothing after them, as in https://game.example`
  throw new NetError('ERR_INVALID_PARAMETER', message)
}

/** A port that is spelled out although it is the scheme's own. */
function portOf(text: string): string {
  return /:\d+$/.exec(text)?.[0] ?? ''
}
