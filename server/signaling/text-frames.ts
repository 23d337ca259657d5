// Text messages as WebSocket frames (RFC 6455, section 5.2), for the direction in which there are no masks.

const FINAL_TEXT = 0x81
/** A first length byte up to here is the length; these two say that it follows in 2 or in 8 bytes. */
const LONGEST_IN_ONE_BYTE = 125
const LENGTH_IN_TWO_BYTES = 126
const LENGTH_IN_EIGHT_BYTES = 127

/** The frames of `texts`, one after the other, each a whole message. */
export function textFrames(texts: readonly string[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text))
  const frames = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + headerSize(size) + size, 0))
  let at = 0
  for (const [index, text] of texts.entries()) {
    at = writeHeader(frames, at, sizes[index]!)
    at += frames.write(text, at)
  }
  return frames
}

function headerSize(size: number): number {
  return size <= LONGEST_IN_ONE_BYTE ? 2 : size <= 0xffff ? 4 : 10
}

function writeHeader(frames: Buffer, at: number, size: number): number {
  frames[at] = FINAL_TEXT
  if (size <= LONGEST_IN_ONE_BYTE) {
    frames[at + 1] = size
    return at + 2
  }
  if (size <= 0xffff) {
    frames[at + 1] = LENGTH_IN_TWO_BYTES
    return frames.writeUInt16BE(size, at + 2)
  }
  frames[at + 1] = LENGTH_IN_EIGHT_BYTES
  frames.writeUInt32BE(0, at + 2)
  return frames.writeUInt32BE(size, at + 6)
}
