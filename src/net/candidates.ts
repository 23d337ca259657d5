// What is told of ICE candidates: their kinds and how many there are of each. Addresses are not kept.

import { MAX_REMOTE_CANDIDATES } from './constants.ts'

/** How a candidate was found (RFC 8445, 5.1.1): `relay` leads through TURN, `srflx` and `prflx` through a NAT. */
export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay'

/** `mDNS`: a name that hides an address and that only the same network can resolve. */
export type AddressFamily = 'IPv4' | 'IPv6' | 'mDNS'

/** Candidates that are alike. */
export interface CandidateKind {
  readonly type: CandidateType
  readonly protocol: 'udp' | 'tcp'
  readonly family: AddressFamily
  readonly count: number
}

const PATTERN = /^(?:a=)?candidate:\S+ \d+ (udp|tcp) \d+ (\S+) (\d+) typ (host|srflx|prflx|relay)\b/i
const IN_SDP = /^a=candidate:.*$/gm

/** Counts the candidates of one side. One that is told twice, in the description and by itself, counts once. */
export class CandidateCounter {
  /** By what makes a candidate another one. Bounded, as is what a remote may send. */
  readonly #seen = new Map<string, Omit<CandidateKind, 'count'>>()

  /** A candidate by itself. What cannot be read does not count. */
  add(name: string): void {
    if (this.#seen.size >= MAX_REMOTE_CANDIDATES) return
    const match = PATTERN.exec(name)
    if (!match) return
    const [, protocol, address, port, type] = match.map((part) => part.toLowerCase()) as [string, ...string[]]
    this.#seen.set(`${protocol} ${address!.slice(0, 64)} ${port} ${type}`, {
      type: type as CandidateType,
      protocol: protocol as 'udp' | 'tcp',
      family: familyOf(address!),
    })
  }

  /** Those that a description carries. */
  addAll(sdp: string): void {
    for (const [line] of sdp.matchAll(IN_SDP)) this.add(line)
  }

  get kinds(): CandidateKind[] {
    const kinds = new Map<string, CandidateKind>()
    for (const kind of this.#seen.values()) {
      const name = `${kind.type} ${kind.protocol} ${kind.family}`
      kinds.set(name, { ...kind, count: (kinds.get(name)?.count ?? 0) + 1 })
    }
    return [...kinds.values()]
  }
}

function familyOf(address: string): AddressFamily {
  if (address.includes(':')) return 'IPv6'
  return address.endsWith('.local') ? 'mDNS' : 'IPv4'
}

/** For people: `2 host udp IPv4, 1 relay udp IPv4`. */
export function candidatesInWords(kinds: readonly CandidateKind[]): string {
  if (kinds.length === 0) return 'none'
  return kinds.map(({ count, type, protocol, family }) => `${count} ${type} ${protocol} ${family}`).join(', ')
}
