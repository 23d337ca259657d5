// The way back of link-decoder.ts, from docs/STANDARD.md alone as well.

import type { Frame, Header, Piece } from './link-decoder.ts'

const KINDS: Readonly<Record<string, number>> = {
  VALUE: 0,
  BYTES: 1,
  HELLO: 2,
  GOODBYE: 3,
  GOODBYE_ACK: 4,
  SIGNAL: 7,
  TAKEN: 11,
  PROOF: 12,
  RESUME: 13,
}

function whole(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256)
}

function pieceHeader({ first, last, length, packet, index, count }: Piece): number[] {
  if (packet !== undefined) return [...whole(packet, 2), index! * 16 + count! - 1]
  return [(first ? 1 : 0) + (last ? 2 : 0), ...(first ? whole(length!, 4) : [])]
}

function frame({ kind, lane = 1, ordered, piece, payload }: Frame, isLast: boolean): number[] {
  const content = [...(piece ? pieceHeader(piece) : []), ...payload]
  const bit5 = lane !== 1 || ordered
  const head = KINDS[kind]! + (bit5 ? 0x20 : 0) + (piece ? 0x40 : 0) + (isLast ? 0x80 : 0)
  const { length } = content
  const size = length < 128 ? [length] : [(length % 128) + 128, Math.floor(length / 128)]
  return [head, ...(lane === 1 ? [] : [lane]), ...(isLast ? [] : size), ...content]
}

function framesOf(frames: readonly Frame[]): number[] {
  return frames.flatMap((each, i) => frame(each, i === frames.length - 1))
}

/** STANDARD 2.1. With a position it is a stream message. */
export function writeReliable(frames: readonly Frame[], position?: number): Uint8Array {
  return Uint8Array.from([...(position === undefined ? [] : [0x88, ...whole(position, 4)]), ...framesOf(frames)])
}

/** STANDARD 2.1, 2.3. */
export function writeUnreliable({ sequence, asks, acknowledgement, progress }: Header, frames: readonly Frame[]) {
  const flags = (acknowledgement ? 1 : 0) + (progress ? 2 : 0) + (asks ? 4 : 0)
  const header = [flags, ...whole(sequence, 2)]
  if (acknowledgement) {
    const { newest, history, receivedAt, heldFor } = acknowledgement
    header.push(...whole(newest, 2), ...whole(history, 4), ...whole(receivedAt, 2), heldFor)
  }
  if (progress) header.push(...whole(progress.reliable, 2), ...whole(progress.stream, 4))
  return Uint8Array.from([...header, ...framesOf(frames)])
}
