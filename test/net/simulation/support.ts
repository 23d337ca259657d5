// What the tests of the simulated network share: two connections that meet, and statistics with their tolerance.

import { expect } from 'vitest'
import type { WebRTCDataChannel } from '../../../src/net/data-channel.ts'
import type { ConnectionState, DataChannelOptions } from '../../../src/net/drivers/driver.ts'
import { WebRTCPeerConnection } from '../../../src/net/peer-connection.ts'
import type { SimulatedNetwork } from '../../../src/testing.ts'
import { meet } from '../../support/meet.ts'

export interface End {
  readonly connection: WebRTCPeerConnection
  readonly channels: WebRTCDataChannel[]
  readonly states: ConnectionState[]
  /** Everything that was received, as text, by channel, with its time. */
  readonly received: [text: string, at: number][][]
}

export const RELIABLE: DataChannelOptions = { negotiated: true, id: 1 }
export const UNRELIABLE: DataChannelOptions = { negotiated: true, id: 2, ordered: false, maxRetransmits: 0 }

/** One side on the machine `name`, with negotiated channels. */
export function end(network: SimulatedNetwork, name: string, channels: readonly DataChannelOptions[] = []): End {
  const connection = new WebRTCPeerConnection()
  const { driver, clock } = network.peerOptions(name)
  connection.initialize({ driver })
  const side: End = { connection, channels: [], states: [], received: [] }
  connection.on('connectionStateChanged', (state) => side.states.push(state))
  for (const [index, options] of channels.entries()) {
    const channel = connection.createDataChannel(`channel ${index}`, options)
    side.channels.push(channel)
    side.received.push([])
    channel.on('packet', (packet) => {
      side.received[index]!.push([new TextDecoder().decode(packet), clock.now()])
    })
  }
  return side
}

/** Two connected sides, on the machines `a` and `b`. */
export async function pair(
  network: SimulatedNetwork,
  channels: readonly DataChannelOptions[] = [RELIABLE, UNRELIABLE],
): Promise<[End, End]> {
  const a = end(network, 'a', channels)
  const b = end(network, 'b', channels)
  meet(a.connection, b.connection)
  await network.until(() => [...a.channels, ...b.channels].every((channel) => channel.readyState === 1))
  return [a, b]
}

export function close(...ends: End[]): void {
  for (const each of ends) each.connection.close()
}

/** Of `trials` each with the chance `share`, as many as `hits` came true within three standard deviations. */
export function expectShare(hits: number, trials: number, share: number): void {
  expectNear(hits / trials, share, Math.sqrt((share * (1 - share)) / trials))
}

export function expectNear(measured: number, expected: number, deviation: number): void {
  expect(measured).toBeGreaterThan(expected - 3 * deviation)
  expect(measured).toBeLessThan(expected + 3 * deviation)
}
