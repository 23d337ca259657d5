// Identities over real WebRTC: the certificates are those of the native library, and so is what checks them.

import { afterEach, describe, expect, it } from 'vitest'
import { identify } from '../../../src/multiplayer/identity/identify.ts'
import { createIdentity } from '../../../src/multiplayer/identity/identity.ts'
import { systemClock } from '../../../src/net/clock.ts'
import type { DriverConnection } from '../../../src/net/drivers/driver.ts'
import { nodeDriver } from '../../../src/net/drivers/node.ts'
import { MemorySignaling } from '../../../src/net/signaling/memory.ts'
import { Mallory } from '../../support/mallory.ts'
import { closeAll, join, LOOPBACK, until } from '../../support/peers.ts'
import { watchedDriver } from '../../support/watched-driver.ts'

afterEach(closeAll)

describe('over real connections', () => {
  it('players know each other', async () => {
    const [alice, bob] = await Promise.all([createIdentity(), createIdentity()])
    const signaling = new MemorySignaling()
    const [mine, theirs] = [identify({ identity: alice }), identify({ identity: bob })]
    const a = await join({ signaling, authentication: mine })
    const b = await join({ signaling, room: a.code, authentication: theirs })
    await until(() => a.peers.length === 1 && b.peers.length === 1)
    expect(mine.peer(b.id)?.key).toBe(bob.key)
    expect(theirs.peer(a.id)?.key).toBe(alice.key)
  })

  it.each([false, true])('who ends both connections is found out if players sign them: %s', async (isSigned) => {
    const [alice, bob] = await Promise.all([createIdentity(), createIdentity()])
    const mallory = new Mallory(new MemorySignaling(), { node: LOOPBACK, clock: systemClock })
    const own = (identity: typeof alice) => (isSigned ? { authentication: identify({ identity }) } : {})
    const a = await join({ signaling: mallory, ...own(alice) })
    const failures: string[] = []
    const packets: unknown[] = []
    a.on('peerAuthenticationFailed', (_id, { message }) => failures.push(message))
    a.on('packet', (value) => packets.push(value))
    const b = await join({ signaling: mallory, room: a.code, ...own(bob) })
    b.on('peerAuthenticationFailed', (_id, { message }) => failures.push(message))
    b.on('peerConnected', () => b.send('my secret'))
    await until(() => (isSigned ? failures.length === 2 : packets.length === 1))
    expect(mallory.text.includes('my secret')).toBe(!isSigned)
    expect(packets).toEqual(isSigned ? [] : ['my secret'])
    if (isSigned) expect(failures.join()).toContain('stands in between')
    mallory.close()
  })

  const patient = { timeout: 60_000 }
  it('who ends both connections of a redial is found out, though nobody signed the first ones', patient, async () => {
    const mallory = new Mallory(new MemorySignaling(), { node: LOOPBACK, clock: systemClock }, false)
    const connections: DriverConnection[] = []
    const driver = watchedDriver(nodeDriver, connections)
    // Handshakes may take seconds on a busy machine, and a redial is tried every four.
    const a = await join({ signaling: mallory, driver, graceMs: 60_000 })
    const b = await join({ signaling: mallory, room: a.code, driver, graceMs: 60_000 })
    await until(() => a.peers.length === 1 && b.peers.length === 1)
    const codes: string[] = []
    const packets: unknown[] = []
    for (const room of [a, b]) {
      room.on('error', ({ code }) => codes.push(code))
      room.on('packet', (value) => packets.push(value))
    }
    mallory.active = true
    for (const connection of connections.splice(0)) connection.close()
    await until(() => a.stats(b.id).state === 'reconnecting')
    a.send('my secret')
    await until(() => codes.length >= 2)
    expect(new Set(codes)).toEqual(new Set(['ERR_UNAUTHORIZED']))
    mallory.active = false
    for (const connection of connections) connection.close()
    await until(() => packets.length === 1)
    expect(packets).toEqual(['my secret'])
    expect(mallory.heard.length).toBeGreaterThan(0)
    expect(mallory.text).not.toContain('my secret')
    mallory.close()
  })
})
