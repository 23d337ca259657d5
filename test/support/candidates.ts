// Replaces the addresses in what two peers tell each other while they connect.

import type { Signal } from '../../src/net/signaling/messages.ts'

/** `candidate:` foundation component protocol priority address port typ … */
const CANDIDATE = /^(?:a=)?candidate:(\S+) (\d+) (\S+) (\d+) (\S+) (\d+) typ /

export interface Candidate {
  readonly protocol: string
  readonly address: string
  readonly port: number
}

/** `undefined` for what is no candidate (the empty one that marks the end). */
export function parseCandidate(name: string): Candidate | undefined {
  const [, , , protocol, , address, port] = CANDIDATE.exec(name) ?? []
  if (!protocol || !address || !port) return undefined
  return { protocol: protocol.toLowerCase(), address, port: Number(port) }
}

/** A host candidate. */
export function hostCandidate(address: string, port: number): string {
  return `candidate:1 1 UDP 2122260223 ${address} ${port} typ host`
}

/** The candidates that a signal carries. */
export function candidatesOf(signal: Signal): Candidate[] {
  if (signal.kind === 'failed') return []
  const lines = signal.kind === 'candidate' ? [signal.name] : signal.sdp.split(/\r?\n/)
  return lines.flatMap((line) => parseCandidate(line) ?? [])
}

/** The description without any candidates but `replacement`. */
export function replaceInDescription(sdp: string, replacement: string | undefined): string {
  const lines = sdp.split(/\r?\n/)
  const kept = lines.filter((line) => !line.startsWith('a=candidate:') && line !== 'a=end-of-candidates')
  if (!replacement || kept.length === lines.length) return kept.join('\r\n')
  // After the last attribute; the text ends with a line break.
  const end = kept.at(-1) === '' ? kept.length - 1 : kept.length
  return [...kept.slice(0, end), `a=${replacement}`, ...kept.slice(end)].join('\r\n')
}
