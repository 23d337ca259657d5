// The descriptions and candidates of simulated connections: enough SDP to be carried, checked and read back.

import { MAX_MESSAGE_SIZE } from './constants.ts'
import type { Address } from './machine.ts'

export interface Candidate extends Address {
  readonly type: string
}

/** What both sides of one connection have in common. */
export function describe(type: 'offer' | 'answer', address: Address): string {
  const { host, port } = address
  return [
    'v=0',
    `o=skein-simulation ${port} 1 IN IP4 ${host}`,
    's=-',
    't=0 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    `a=fingerprint:${certificateOf(address)}`,
    // The side that answers is the DTLS client.
    `a=setup:${type === 'offer' ? 'actpass' : 'active'}`,
    'a=sctp-port:5000',
    `a=max-message-size:${MAX_MESSAGE_SIZE}`,
    '',
  ].join('\r\n')
}

/** The fingerprint of the certificate that a connection has: another one for every socket of the network. */
export function certificateOf({ host, port }: Address): string {
  let state = port
  for (const letter of host) state = Math.imul(state ^ letter.charCodeAt(0), 0x0100_0193) >>> 0
  const bytes = Array.from({ length: 32 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 24).toString(16).padStart(2, '0').toUpperCase()
  })
  return `sha-256 ${bytes.join(':')}`
}

/** Whether a remote description can be used: whole lines of SDP, with data channels to connect. */
export function isDescription(sdp: string): boolean {
  const lines = sdp.split(/\r?\n/)
  if (lines.pop() !== '' || lines.some((line) => !/^[a-z]=./.test(line))) return false
  return /^m=application \d+ UDP\/DTLS\/SCTP /m.test(sdp)
}

export function formatCandidate({ host, port, type }: Candidate): string {
  return `candidate:1 1 UDP 2122317823 ${host} ${port} typ ${type}`
}

/** `undefined`: not a candidate. */
export function parseCandidate(name: string): Candidate | undefined {
  const match = /^(?:a=)?candidate:\S+ \d+ UDP \d+ (\S+) (\d{1,5}) typ ([a-z]+)/i.exec(name)
  if (!match) return undefined
  return { host: match[1]!, port: Number(match[2]), type: match[3]! }
}
