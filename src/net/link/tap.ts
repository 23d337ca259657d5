// What a listener on a link hears: every frame, for inspectors and captures.

export interface Frame {
  readonly kind: number
  /** Of the content, in bytes. */
  readonly bytes: number
  readonly ordered: boolean
  readonly lane: number
  /** A part of a larger packet. */
  readonly isPiece: boolean
}

export interface TappedFrame extends Frame {
  readonly direction: 'in' | 'out'
  /** When, in ms of the link's clock. */
  readonly at: number
  /** 0 the reliable channel, 1 the unreliable one, n + 1 the n-th user channel. */
  readonly port: number
  readonly reliable: boolean
}

export type Tap = (frame: TappedFrame) => void
