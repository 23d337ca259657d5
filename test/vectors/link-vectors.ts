// What stands in link.json. Described in README.md beside this file.

import { readFileSync } from 'node:fs'
import type { Frame, Header } from './link-decoder.ts'
import { bytesOf } from './notation.ts'

type FrameNote = Omit<Frame, 'payload'> & { readonly payload: string }

export interface MessageVector {
  readonly name: string
  readonly reliable: boolean
  readonly hex: string
  /** A stream message. */
  readonly position?: number
  /** Of an unreliable one. */
  readonly header?: Header
  readonly frames: readonly FrameNote[]
}

interface PacketNote {
  readonly kind: string
  readonly lane?: number
  readonly payload: string
}

/** What a RELAY frame with a packet says; the packet in hex. */
export interface RelayedPacket {
  readonly kind: string
  readonly lane: number
  /** By both ends: the packet is what was sealed. */
  readonly sealed?: true
  readonly target?: number | readonly number[]
  readonly source?: number
  readonly packet: string
}

/** What one without says. */
export interface RelayWord {
  readonly command: string
  readonly ids: readonly number[]
  readonly reason?: string
  readonly count?: number
}

/** Of the certificates at both ends of a connection. */
export interface Fingerprints {
  readonly local: readonly string[]
  readonly remote: readonly string[]
}

/** A port, or the channel of the bulk connection. */
export type Way = number | 'bulk'

export interface LinkVectors {
  readonly messages: readonly MessageVector[]
  readonly read: readonly MessageVector[]
  readonly packets: readonly {
    readonly name: string
    readonly stream?: boolean
    readonly packets: readonly PacketNote[]
    readonly hex: readonly string[]
  }[]
  readonly unreliablePackets: readonly {
    readonly name: string
    readonly kind: string
    readonly ordered: boolean
    readonly payload: string
    readonly hex: readonly string[]
  }[]
  readonly greetings: readonly { readonly modes: readonly number[]; readonly mine: string; readonly hex: string }[]
  readonly proofs: readonly {
    readonly name: string
    readonly mine: string
    readonly yours: string
    readonly localId: number
    readonly remoteId: number
    readonly first: Fingerprints
    readonly now: Fingerprints
    readonly hex: string
  }[]
  /** What is said behind them. */
  readonly returns: readonly {
    readonly name: string
    readonly messages: readonly number[]
    readonly stream: number
    readonly hex: string
  }[]
  readonly acknowledgements: readonly {
    readonly name: string
    /** Sequence numbers, and when in ms. */
    readonly arrived: readonly (readonly [sequence: number, at: number])[]
    readonly progress?: { readonly reliable: number; readonly stream: number }
    readonly at: number
    readonly hex: string
    readonly tells: readonly number[]
  }[]
  readonly acknowledged: readonly {
    readonly name: string
    readonly sent: number
    readonly hex: string
    readonly delivered: readonly number[]
  }[]
  readonly sequence: readonly { readonly a: number; readonly b: number; readonly newer: boolean }[]
  readonly arrivals: readonly {
    readonly name: string
    readonly arrives: readonly (readonly [port: number, hex: string, at?: number])[]
    readonly delivered: readonly string[]
  }[]
  readonly reliableArrivals: readonly {
    readonly name: string
    readonly arrives: readonly (readonly [way: Way, hex: string])[]
    readonly delivered: readonly string[]
    readonly rejected: number
  }[]
  readonly bad: readonly {
    readonly name: string
    readonly port: Way
    readonly hex: string
    /** Already its form is wrong. */
    readonly unreadable?: boolean
  }[]
  readonly signals: readonly { readonly name: string; readonly text: string }[]
  readonly badSignals: readonly { readonly name: string; readonly text: string }[]
  readonly relay: readonly (RelayedPacket & { readonly name: string; readonly hex: string })[]
  readonly relayWords: readonly (RelayWord & { readonly name: string; readonly hex: string })[]
  readonly badRelay: readonly { readonly name: string; readonly hex: string }[]
  /** What two sides say, channel by channel. */
  readonly life: Readonly<Record<'a' | 'b', Readonly<Record<'reliable' | 'unreliable', readonly string[]>>>>
  readonly stream: Readonly<Record<'a' | 'b', Readonly<Record<'reliable' | 'bulk', readonly string[]>>>>
}

export const link = JSON.parse(readFileSync(new URL('link.json', import.meta.url), 'utf8')) as LinkVectors

export function framesOf({ frames }: MessageVector): Frame[] {
  return frames.map((frame) => {
    const payload = bytesOf(frame.payload)
    const { piece } = frame
    return { ...frame, ...(piece && { piece }), payload }
  })
}
