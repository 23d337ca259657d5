// The fingerprints of certificates in session descriptions (RFC 8122): what DTLS holds the other side to, and so what tells a
// connection from one that somebody in between has made.

/** A description has one, or one for each hash; who writes more than this wants something else. */
const MAX_FINGERPRINTS = 16

/** `algorithm HEX:HEX…`, each once, in order; all that the description has, because any of them lets a certificate pass. */
export function fingerprintsOf(sdp: string): string[] {
  const found = new Set<string>()
  for (const [, algorithm, hex] of sdp.matchAll(/^a=fingerprint:[ \t]*(\S+)[ \t]+(\S+)[ \t]*\r?$/gim)) {
    found.add(`${algorithm!.toLowerCase()} ${hex!.toUpperCase()}`)
    // Cut short it would look like what the other side has: then it shall rather look like nothing.
    if (found.size > MAX_FINGERPRINTS) return []
  }
  return [...found].sort()
}
