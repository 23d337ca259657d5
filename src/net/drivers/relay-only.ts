// What `iceTransportPolicy: 'relay'` lets out and in. Platforms keep their addresses to themselves then, more or less:
// this is the part that does not rest on them.

/** Chromium's and libjuice's own spelling of an address that is not told. */
const NO_ADDRESS = '0.0.0.0'
const LINE_END = /\r?\n/

function isRelay(candidate: string): boolean {
  // The type in its place: what follows may say anything.
  return /^(?:a=)?candidate:\S+ \d+ \S+ \d+ \S+ \d+ typ relay(?: |$)/.test(candidate)
}

/** An own candidate as the other side may see it; undefined: not at all. */
export function toldCandidate(candidate: string): string | undefined {
  if (!isRelay(candidate)) return undefined
  // The related address of a relay is what the TURN server saw: this machine's, or its router's.
  return candidate.replace(/ raddr \S+ rport \d+/, ` raddr ${NO_ADDRESS} rport 0`)
}

/** An own description as the other side may see it. */
export function toldDescription(sdp: string): string {
  const lines = sdp.split(LINE_END).flatMap((line) => {
    if (line.startsWith('a=candidate:')) return toldCandidate(line) ?? []
    return line.replace(/^(c=IN|o=.* IN) IP[46] (?!127\.0\.0\.1$)\S+$/, `$1 IP4 ${NO_ADDRESS}`)
  })
  return lines.join('\r\n')
}

/**
 * Whether a candidate of the other side may be tried. libjuice tries each from its own address too, and would connect
 * directly with a peer that has a public one: only relays are left then, which let nobody in whom their owner did not name.
 */
export function mayBeTried(candidate: string): boolean {
  return isRelay(candidate)
}

/** A remote description without what may not be tried. */
export function triedDescription(sdp: string): string {
  const kept = sdp.split(LINE_END).filter((line) => !line.startsWith('a=candidate:') || mayBeTried(line))
  return kept.join('\r\n')
}
