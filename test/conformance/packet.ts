// Packets as text, so that they can travel to a page and back.

export interface Packet {
  readonly base64: string
  /** Sent, or received, as text. */
  readonly isString: boolean
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export function fromText(text: string): Packet {
  return { base64: toBase64(encoder.encode(text)), isString: true }
}

export function fromBytes(bytes: Uint8Array | readonly number[]): Packet {
  return { base64: toBase64(Uint8Array.from(bytes)), isString: false }
}

export function toText(packet: Packet): string {
  return decoder.decode(toBytes(packet))
}

export function toBytes({ base64 }: Packet): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

/** What `putPacket` is given for it. */
export function toPayload(packet: Packet): Uint8Array | string {
  return packet.isString ? toText(packet) : toBytes(packet)
}

export function toBase64(bytes: Uint8Array): string {
  let characters = ''
  // In pieces, because a call takes only so many arguments.
  for (let start = 0; start < bytes.length; start += 8192) {
    characters += String.fromCharCode(...bytes.subarray(start, start + 8192))
  }
  return btoa(characters)
}
