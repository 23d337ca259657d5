// What a peer can make another one do that it says it does not hear: against connections that are made up.

import { describe, expect, it } from 'vitest'
import { DEMAND_REFILL_MS, MAX_DEMANDS_AT_ONCE, REPAIR_PATIENCE_MS } from '../../src/multiplayer/constants.ts'
import { Demands } from '../../src/multiplayer/demands.ts'
import { Repair, type RepairParts } from '../../src/multiplayer/repair.ts'
import { VirtualClock } from '../../src/net/clock.ts'
import { ConnectionState } from '../../src/net/drivers/driver.ts'

describe('a peer that says that each new connection failed', () => {
  it('is dialled as often as it may offer, and then in its own time again', async () => {
    const clock = new VirtualClock()
    let made = 0
    const parts = {
      ...{ clock, demands: new Demands(clock) },
      session: { send: () => {}, iceServers: [] },
      iceServers: () => [],
      peer: {
        hasPeer: () => true,
        getPeer: () => ({ connection: { connectionState: ConnectionState.Failed }, reconnecting: true }),
        replaceConnection: () => {},
        wantReplacement: () => {},
      },
      connect: () => {
        made += 1
        return { connectionState: ConnectionState.Connecting, createOffer: () => {}, close: () => {} }
      },
    }
    const repair = new Repair(parts as unknown as RepairParts)
    repair.stands(2, true, 0)
    repair.begin(2)
    await clock.advance(0)
    expect(made).toBe(1)
    for (let i = 0; i < 200; i++) repair.take(2, { kind: 'failed', attempt: made })
    expect(made).toBe(1 + MAX_DEMANDS_AT_ONCE)
    await clock.advance(REPAIR_PATIENCE_MS)
    expect(made).toBe(2 + MAX_DEMANDS_AT_ONCE)
    repair.take(2, { kind: 'failed', attempt: made })
    expect(made).toBe(3 + MAX_DEMANDS_AT_ONCE)
    repair.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a peer that restarts ICE again and again', () => {
  it('is answered as often as it may ask, and then in its own time again', async () => {
    const clock = new VirtualClock()
    let answered = 0
    const connection = {
      ...{ connectionState: ConnectionState.Connected, restartsIce: true },
      setRemoteDescription: () => {
        answered += 1
      },
    }
    const peer = { hasPeer: () => true, getPeer: () => ({ connection, reconnecting: false }) }
    const repair = new Repair({ clock, demands: new Demands(clock), peer } as unknown as RepairParts)
    repair.stands(2, false, 0)
    const restart = () => repair.take(2, { kind: 'description', type: 'offer', attempt: 0, sdp: 'v=0' })
    for (let i = 0; i < 200; i++) restart()
    expect(answered).toBe(MAX_DEMANDS_AT_ONCE)
    await clock.advance(DEMAND_REFILL_MS)
    for (let i = 0; i < 200; i++) restart()
    expect(answered).toBe(MAX_DEMANDS_AT_ONCE + 1)
    repair.close()
  })
})
