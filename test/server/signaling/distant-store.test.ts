// Sessions whose store answers late: what happens meanwhile is neither lost nor told in another order.

import { describe, expect, it } from 'vitest'
import { turn } from '../../support/turn.ts'
import { DistantAdapter } from './distant-adapter.ts'
import { Client } from './session-client.ts'

const SIGNAL = { kind: 'description', type: 'offer', sdp: 'v=0' } as const

async function distantRoom() {
  const adapter = new DistantAdapter()
  const host = new Client(adapter)
  host.create()
  await adapter.goAll()
  return { adapter, host, code: host.joined.room.code }
}

describe('a session whose store is far away', () => {
  it('sends nothing of a newcomer before the others have heard of it', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    guest.say({ type: 'signal', to: host.joined.id, signal: SIGNAL })
    await adapter.goAll()
    expect(host.types()).toEqual(['joined', 'peer_joined', 'signal'])
  })

  it('loses nothing that happens between subscribing and entering, and tells it after joined', async () => {
    const { adapter, host, code } = await distantRoom()
    const first = new Client(adapter)
    const second = new Client(adapter)
    first.join(code)
    second.join(code)
    await turn()
    await adapter.go() // the first subscribes
    await adapter.go() // the second subscribes
    expect(adapter.kinds()).toEqual(['transact', 'transact'])
    await adapter.go() // the first is in, without knowing it
    await adapter.go() // the second is in, without knowing it
    await adapter.go() // the first knows
    await adapter.go() // the second knows
    const ids = [first.joined.id, second.joined.id]
    expect(second.joined.peers.map(({ id }) => id)).toEqual([host.joined.id, first.joined.id])
    expect(second.types()).toEqual(['joined'])
    expect(first.messages.slice(1)).toMatchObject([{ type: 'peer_joined', id: second.joined.id }])
    expect(host.messages.slice(1)).toMatchObject(ids.map((id) => ({ type: 'peer_joined', id })))
  })

  it('keeps signals for a newcomer that does not know yet that it is in', async () => {
    const { adapter, code } = await distantRoom()
    const first = new Client(adapter)
    first.join(code)
    await turn()
    await adapter.go() // subscribes
    await adapter.go() // is in, without knowing it
    const second = new Client(adapter)
    second.join(code)
    await turn()
    const answer = adapter.steps.shift()
    await adapter.goAll()
    const firstId = second.joined.peers[1]!.id
    second.say({ type: 'signal', to: firstId, signal: SIGNAL })
    await adapter.goAll()
    expect(first.messages).toEqual([])
    answer?.go()
    await adapter.goAll()
    const { id } = second.joined
    expect(first.messages.slice(1)).toMatchObject([
      { type: 'peer_joined', id },
      { type: 'signal', from: id, signal: SIGNAL },
    ])
    expect(first.types()[0]).toBe('joined')
  })

  it('sends a burst of signals without waiting for each, and leaves when they are sent', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await adapter.goAll()
    for (let n = 0; n < 3; n++) guest.say({ type: 'signal', to: host.joined.id, signal: SIGNAL })
    const gone = guest.session.end('leave')
    await turn()
    expect(adapter.kinds()).toEqual(['publish', 'publish', 'publish'])
    await adapter.go()
    await adapter.go()
    expect(adapter.kinds()).toEqual(['publish'])
    await adapter.goAll()
    await gone
    expect(host.types()).toEqual(['joined', 'peer_joined', 'signal', 'signal', 'signal', 'peer_left'])
  })

  it('counts a signal that nobody heard as dropped, without a word to its sender', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await adapter.goAll()
    adapter.isHeard = false
    guest.say({ type: 'signal', to: host.joined.id, signal: SIGNAL })
    await adapter.goAll()
    expect(guest.events.at(-1)).toBe('signal_dropped')
    expect(guest.types()).toEqual(['joined'])
  })

  it.each([1, 2, 3])('leaves nobody behind when the client goes after %i steps of entering', async (steps) => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await turn()
    for (let step = 1; step < steps; step++) await adapter.go()
    const gone = guest.session.end('leave')
    await adapter.goAll()
    await gone
    const present = new Set<number>()
    for (const message of host.messages) {
      if (message.type === 'peer_joined') present.add(message.id)
      if (message.type === 'peer_left') present.delete(message.id)
    }
    expect(present.size).toBe(0)
    const next = new Client(adapter)
    next.join(code)
    await adapter.goAll()
    expect(next.joined.peers.map(({ id }) => id)).toEqual([host.joined.id])
  })
})

describe('a session that is handed over while it enters', () => {
  it('hears the secret with which it can come back first, and keeps its place', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await turn()
    guest.session.moveOn()
    await adapter.goAll()
    expect(guest.types()).toEqual(['joined'])
    expect(guest.closes).toEqual(['1012 resume'])
    expect(host.types()).toEqual(['joined', 'peer_joined'])
  })

  it('keeps the place to which it came back, when its socket breaks before it hears the next secret', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await adapter.goAll()
    const { id, resume } = guest.joined
    guest.session.end('drop')
    await adapter.goAll()
    const comeBack = () => {
      const client = new Client(adapter)
      client.say({ type: 'resume', version: 2, room: code, id, secret: resume.secret })
      return client
    }
    const cut = comeBack()
    await turn()
    await adapter.go() // subscribes
    await adapter.go() // has the place, without knowing it
    cut.session.end('drop')
    await adapter.goAll()
    expect(cut.types()).toEqual([])
    const again = comeBack()
    await adapter.goAll()
    expect(again.joined.id).toBe(id)
    expect(host.types()).toEqual(['joined', 'peer_joined', 'peer_back', 'peer_back'])
  })

  it('keeps no place whose secret it never heard, when its socket breaks before', async () => {
    const { adapter, host, code } = await distantRoom()
    const guest = new Client(adapter)
    guest.join(code)
    await turn()
    await adapter.go() // subscribes
    await adapter.go() // is in, without knowing it
    const gone = guest.session.end('drop')
    await adapter.goAll()
    await gone
    expect(host.types()).toEqual(['joined', 'peer_joined', 'peer_left'])
  })
})
