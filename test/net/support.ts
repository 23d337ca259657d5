// Pairs of real peer connections, for the tests of them.

import type { WebRTCDataChannel } from '../../src/net/data-channel.ts'
import { ChannelState, ConnectionState } from '../../src/net/drivers/driver.ts'
import { crossWire, newConnection, until } from '../support/peers.ts'

export const CHAT = { negotiated: true, id: 1 }

/** Waits for one event. */
export function next<T>(subscribe: (resolve: (value: T) => void) => unknown): Promise<T> {
  return new Promise((resolve) => subscribe(resolve))
}

export function opened(channel: WebRTCDataChannel): Promise<void> {
  return channel.readyState === ChannelState.Open ? Promise.resolve() : next((resolve) => channel.on('open', resolve))
}

/** Two connections with one negotiated channel, open on both sides. */
export async function connected() {
  const [a, b] = [newConnection(), newConnection()]
  const [atA, atB] = [a.createDataChannel('chat', CHAT), b.createDataChannel('chat', CHAT)]
  crossWire(a, b)
  a.createOffer()
  await Promise.all([opened(atA), opened(atB)])
  // The native library may tell of the channels first.
  await until(() => a.connectionState === ConnectionState.Connected && b.connectionState === ConnectionState.Connected)
  return { a, b, atA, atB }
}

/** An offer that was made by somebody, without candidates. */
export async function someOffer(): Promise<string> {
  const offerer = newConnection()
  offerer.createDataChannel('chat', CHAT)
  const sdp = next<string>((resolve) => offerer.on('sessionDescriptionCreated', (_type, text) => resolve(text)))
  offerer.createOffer()
  return sdp
}
