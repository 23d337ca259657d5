// The two ends that a run sends between: peers of a room, or bare data channels.

import { joinRoom } from '../../src/multiplayer/join-room.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { ConnectionState } from '../../src/net/drivers/driver.ts'
import type { SimulatedNetwork } from '../../src/testing.ts'
import { pair, RELIABLE, UNRELIABLE } from '../net/simulation/support.ts'

export interface End {
  /** Returns whether to go on. */
  send(bytes: Uint8Array, reliable: boolean): boolean
  onPacket(listener: (bytes: Uint8Array, reliable: boolean) => void): void
  /** The other side is gone, and why. */
  onLost(listener: (why: string) => void): void
  /** Something was received that should not have been. */
  onError(listener: (message: string) => void): void
  /** Bytes that wait to be sent. */
  readonly buffered: number
  leave(): Promise<void>
}

/** Above this a bare channel asks to hold back, as a room does. */
const HIGH_WATER = 256 * 1024

/** On links as bad as these SCTP may be silent for long between two retransmissions. */
const PATIENCE_MS = 30_000

export async function roomEnds(network: SimulatedNetwork, meeting: number): Promise<End[]> {
  const options = (name: string) => ({ ...network.peerOptions(`${name} ${meeting}`), graceMs: PATIENCE_MS })
  const one = await network.until(joinRoom(options('one')))
  const other = await network.until(joinRoom({ ...options('other'), room: one.code }))
  await network.until(() => one.peers.length === 1 && other.peers.length === 1)
  return [one, other].map((room) => ({
    send: (bytes, reliable) =>
      room.sendBytes(bytes, { mode: reliable ? TransferMode.Reliable : TransferMode.Unreliable }),
    onPacket: (listener) => {
      room.on('packet', (value, _from, mode) => listener(value as Uint8Array, mode === TransferMode.Reliable))
    },
    onLost: (listener) => {
      room.on('peerDisconnected', (_id, reason) => listener(reason))
    },
    onError: (listener) => {
      room.on('error', ({ message }) => listener(message))
    },
    get buffered() {
      return room.peers.reduce((sum, id) => sum + room.stats(id).bufferedBytes, 0)
    },
    leave: () => room.leave(),
  }))
}

export async function channelEnds(network: SimulatedNetwork): Promise<End[]> {
  const sides = await pair(network, [RELIABLE, UNRELIABLE])
  return sides.map(({ connection, channels }) => ({
    send: (bytes, reliable) => {
      const channel = channels[reliable ? 0 : 1]!
      if (channel.readyState === 1) channel.putPacket(bytes)
      return channel.bufferedAmount < HIGH_WATER
    },
    onPacket: (listener) => {
      for (const [index, channel] of channels.entries()) channel.on('packet', (bytes) => listener(bytes, index === 0))
    },
    onLost: (listener) => {
      connection.on('connectionStateChanged', (state) => {
        if (state === ConnectionState.Failed || state === ConnectionState.Closed) listener('the connection failed')
      })
    },
    onError: (listener) => {
      for (const channel of channels) channel.on('error', ({ message }) => listener(message))
    },
    get buffered() {
      return channels.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0)
    },
    leave: async () => connection.close(),
  }))
}
