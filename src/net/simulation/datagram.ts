// What travels between two sockets of the simulation, as objects; `bytes` is what it takes on the wire.

import { DTLS_HEADER, UDP_HEADER } from './constants.ts'
import { type Packet, packetBytes } from './sctp/types.ts'

export type Datagram = Readonly<
  { bytes: number } & (
    | { type: 'handshake'; step: number; isAnswer: boolean; certificate: string }
    | { type: 'consent'; isAnswer: boolean }
    | { type: 'sctp'; packet: Packet }
    /** SCTP's ABORT or DTLS's close_notify: sent once, and not repeated when lost. */
    | { type: 'close' }
  )
>

/** Bytes of a STUN binding request with its integrity, and of its answer. */
const CHECK = 108 + UDP_HEADER
const CLOSE = 26 + UDP_HEADER

export const consentCheck: Datagram = { type: 'consent', isAnswer: false, bytes: CHECK }
export const consentAnswer: Datagram = { type: 'consent', isAnswer: true, bytes: CHECK }
export const closeNotice: Datagram = { type: 'close', bytes: CLOSE }

export function sctpDatagram(packet: Packet): Datagram {
  return { type: 'sctp', packet, bytes: packetBytes(packet) + DTLS_HEADER + UDP_HEADER }
}
