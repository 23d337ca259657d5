// One end of a connection that carries a game's kinds of traffic at the same time. Skein, raw WebRTC and the rivals stand
// behind the same few methods, in Node and in a page, so that the program that drives them is the same.

/** A packet's first byte. */
export const Kind = {
  /** May be lost, never waits. */
  State: 1,
  /** Arrives; small. */
  Gameplay: 2,
  /** Arrives; large. What is sent may come in pieces, each with this first byte. */
  Bulk: 3,
} as const

export interface LineEnd {
  /** Called with each packet that arrives. The bytes may be reused after the call. */
  onPacket: (bytes: Uint8Array) => void
  /** Sends unreliably. */
  sendState(bytes: Uint8Array): void
  /** Sends reliably, what a player should feel at once. */
  sendGameplay(bytes: Uint8Array): void
  /** Sends `bytes` of bulk; resolves when all was handed over. */
  sendBulk(bytes: number): Promise<void>
  close(): Promise<void>
}

/** Where the ends meet. */
export interface Meeting {
  /** The URL of a signaling server, for the stacks that use one. */
  readonly signaling: string
  /** The URL of link-service.ts, for the stacks that ask for the ways through the link themselves. */
  readonly link: string
}

/** How a kind of connection is made. One end listens, the other dials. */
export interface LineStack {
  /** The room is what the other end needs to find this one. */
  listen(meeting: Meeting): Promise<{ readonly room: string; readonly connected: Promise<LineEnd> }>
  dial(meeting: Meeting, room: string): Promise<LineEnd>
}

const PATTERN_BYTES = 65_536
const pattern = new Uint8Array(PATTERN_BYTES)
for (let i = 0, x = 1; i < PATTERN_BYTES; i++) {
  x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
  pattern[i] = x >>> 24
}

/** A piece of bulk. Bytes that cannot be compressed away, in case somebody tries. */
export function bulkPiece(bytes: number): Uint8Array {
  const piece = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at += PATTERN_BYTES) piece.set(pattern.subarray(0, bytes - at), at)
  piece[0] = Kind.Bulk
  return piece
}

/**
 * Sends `bytes` of bulk in pieces, as one does without a library that paces: as long as less than `highWater` waits.
 * @param buffered Bytes that wait on this side.
 */
export async function sendInPieces(
  bytes: number,
  pieceBytes: number,
  highWater: number,
  buffered: () => number,
  send: (piece: Uint8Array) => void,
): Promise<void> {
  for (let left = bytes; left > 0; left -= pieceBytes) {
    while (buffered() > highWater) await new Promise((resolve) => setTimeout(resolve, 4))
    send(bulkPiece(Math.min(left, pieceBytes)))
  }
}

/** What the raw side sends: messages that every browser takes, and what examples wait for. */
export const RAW_PIECE_BYTES = 16_384
export const RAW_HIGH_WATER = 1024 * 1024
