import { expect, it, vi } from 'vitest'
import { joinRoom } from '../../../src/multiplayer/join-room.ts'
import { MemorySignaling } from '../../../src/net/signaling/memory.ts'
import { rejection } from '../../support/net-errors.ts'

// An installation without the optional packages.
vi.mock('node:module', () => ({
  createRequire: () => (name: string) => {
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
  },
}))

it('without node-datachannel and ws installed, importing works, and joining says what to install', async () => {
  await import('../../../src/node.ts')
  const error = await rejection(joinRoom({ signaling: new MemorySignaling() }))
  expect(error.code).toBe('ERR_DRIVER_MISSING')
  expect(error.message).toContain('npm install node-datachannel')
  expect(error.cause).toMatchObject({ code: 'MODULE_NOT_FOUND' })
})
