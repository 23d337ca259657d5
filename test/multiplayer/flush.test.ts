// When what is sent goes out, and in how many messages.

import { afterEach, expect, it } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { tamperedDriver } from '../support/tampered-driver.ts'

let network: SimulatedNetwork
let rooms: Room[] = []

afterEach(() => network.until(Promise.all(rooms.map((room) => room.leave()))))

/** A room of two, and how many messages its first member has put on the reliable and on the unreliable channel. */
async function two(autoPoll: boolean) {
  network = new SimulatedNetwork({ latencyMs: 20 })
  const options = network.peerOptions('a')
  const { driver, tampering } = tamperedDriver(options.driver)
  const room = await network.until(joinRoom({ ...options, driver, autoPoll }))
  const other = await network.until(joinRoom({ ...network.peerOptions('b'), room: room.code }))
  rooms = [room, other]
  await network.until(() => {
    room.poll()
    return rooms.every(({ peers }) => peers.length === 1)
  })
  // Nothing of the greeting is under way.
  await network.run(250)
  const messages: [reliable: number, unreliable: number] = [0, 0]
  tampering.says = (channel, message) => {
    messages[channel === 1 ? 0 : 1] += 1
    return message
  }
  let heard = 0
  other.on('packet', () => {
    heard += 1
  })
  const send = () => {
    for (let i = 0; i < 20; i++) {
      room.send(i)
      room.send(i, { mode: TransferMode.Unreliable })
    }
  }
  return { room, messages, send, heard: () => heard }
}

it.each([true, false])('goes together at the end of the task (autoPoll: %s)', async (autoPoll) => {
  const { messages, send, heard } = await two(autoPoll)
  send()
  expect(messages).toEqual([0, 0])
  await Promise.resolve()
  expect(messages).toEqual([1, 1])
  await network.run(25)
  expect(heard()).toBe(40)
})

it.each(['flush', 'poll'] as const)('goes at once at %s, and not again at the end of the task', async (how) => {
  const { room, messages, send, heard } = await two(false)
  send()
  room[how]()
  expect(messages).toEqual([1, 1])
  send()
  room[how]()
  await Promise.resolve()
  expect(messages).toEqual([2, 2])
  await network.run(25)
  expect(heard()).toBe(80)
})
