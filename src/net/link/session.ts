// What makes two links the same two links, over whichever connection. On the first one each side tells the other a half of a
// secret, drawn by chance. Over a further one the secret does not go: each side shows that it has it, with a proof that is good
// for that connection alone, in one direction. Who stands in between has other certificates on either side, so no proof that
// passes through fits, and whoever has heard proofs of other connections has heard nothing of use.

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { NetError } from '../errors.ts'
import type { Random } from '../random.ts'
import { LINK_VERSION, SESSION_BYTES, SESSION_PROOF_BYTES } from './constants.ts'
import { FrameReader } from './frames.ts'
import { readGreeting, writeGreeting } from './greeting.ts'
import { CONTROL_LANE } from './lane-table.ts'
import { HAS_LANE, Kind, LAST } from './wire.ts'

/** What one connection between two peers is called, by whom DTLS lets in at its ends: see fingerprints.ts. */
export interface ConnectionEnds {
  readonly localId: number
  readonly remoteId: number
  readonly localFingerprints: readonly string[]
  readonly remoteFingerprints: readonly string[]
}

export class Session {
  readonly #modes: readonly number[]
  readonly #mine: Uint8Array
  #yours: Uint8Array | undefined

  constructor(modes: readonly number[], random: Random) {
    this.#modes = modes
    this.#mine = drawHalf(random)
  }

  /** The greeting on the first channels. */
  greeting(): Uint8Array {
    return writeGreeting(this.#modes, this.#mine)
  }

  /** The remote greets. @throws {NetError} ERR_INVALID_DATA: it does not fit this side. */
  meet(payload: Uint8Array): void {
    const half = readGreeting(payload, this.#modes)
    if (isSame(half, this.#mine))
      throw new NetError('ERR_INVALID_DATA', 'The peer greets with what it was greeted with.')
    this.#yours = half
  }

  /**
   * The message that shows on a connection that stands that this side is the one of the first connection.
   * @throws {NetError} ERR_UNCONFIGURED: nobody was met yet.
   */
  prove(first: ConnectionEnds, now: ConnectionEnds): Uint8Array {
    const proof = proofOf([this.#mine, this.#half], first, now)
    return Uint8Array.of(Kind.Proof | LAST | HAS_LANE, CONTROL_LANE, ...proof)
  }

  /** Whether a message shows the same of the remote. */
  isProvedBy(message: Uint8Array, first: ConnectionEnds, now: ConnectionEnds): boolean {
    return isSame(readProof(message), proofOf([this.#half, this.#mine], turned(first), turned(now)))
  }

  get #half(): Uint8Array {
    if (this.#yours) return this.#yours
    throw new NetError('ERR_UNCONFIGURED', 'The peer has not greeted yet.')
  }
}

/** A half of a session. */
export function drawHalf(random: Random): Uint8Array {
  const view = new DataView(new ArrayBuffer(SESSION_BYTES))
  for (let at = 0; at < SESSION_BYTES; at += 4) view.setUint32(at, random())
  return new Uint8Array(view.buffer)
}

/** What the writer of a proof shows: `halves` are its own and then the other one, and so are the ends. */
export function proofOf(
  [own, other]: readonly [Uint8Array, Uint8Array],
  first: ConnectionEnds,
  now: ConnectionEnds,
): Uint8Array {
  const names = [
    ...['skein session', LINK_VERSION],
    ...[now.localId, now.localFingerprints, first.localFingerprints],
    ...[now.remoteId, now.remoteFingerprints, first.remoteFingerprints],
  ]
  return hmac(sha256, Uint8Array.of(...own, ...other), new TextEncoder().encode(JSON.stringify(names)))
}

/** As the other side sees it. */
function turned({ localId, remoteId, localFingerprints, remoteFingerprints }: ConnectionEnds): ConnectionEnds {
  return {
    ...{ localId: remoteId, remoteId: localId },
    ...{ localFingerprints: remoteFingerprints, remoteFingerprints: localFingerprints },
  }
}

/** Empty where the message is something else. */
function readProof(message: Uint8Array): Uint8Array {
  const reader = new FrameReader(true)
  reader.open(message, 0)
  try {
    const isProof = reader.next() && reader.kind === Kind.Proof && !reader.isPiece
    if (isProof && reader.payload.length === SESSION_PROOF_BYTES) return reader.payload
  } catch {
    // It is none.
  }
  return new Uint8Array(0)
}

/** In a time that does not tell where they differ. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < b.length; i++) difference |= (a[i] ?? 0) ^ b[i]!
  return difference === 0
}
