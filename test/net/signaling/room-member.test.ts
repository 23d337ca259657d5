import { describe, expect, it } from 'vitest'
import type { SignalingEvent } from '../../../src/net/signaling/index.ts'
import { addPeer, createRoom, type RoomRecord, removePeer, seal } from '../../../src/net/signaling/room.ts'
import { RoomMember } from '../../../src/net/signaling/room-member.ts'
import { offer } from './support.ts'

/** Member 30 of a mesh of 10 (the host), 20 and 30. */
function member(): { member: RoomMember; record: RoomRecord; events: SignalingEvent[] } {
  const record = [20, 30].reduce(
    (room, id) => addPeer(room, id),
    createRoom({ code: 'AAA-BBB-CCC', topology: 'mesh' }, () => 20),
  )
  const events: SignalingEvent[] = []
  const made = new RoomMember(30, record)
  made.events.listen((event) => events.push(event))
  events.length = 0
  return { member: made, record, events }
}

describe('a member of a room', () => {
  it('offers to those that came before it and waits for those that come after', () => {
    const { member: one, record, events } = member()
    one.update(addPeer(record, 40))
    expect(events).toMatchObject([{ type: 'peerJoined', id: 40, offer: false }])
    const late = new RoomMember(30, addPeer(record, 40))
    const heard: SignalingEvent[] = []
    late.events.listen((event) => heard.push(event))
    expect(heard.map((event) => event.type === 'peerJoined' && [event.id, event.offer])).toEqual([
      [10, true],
      [20, true],
      [40, false],
    ])
  })

  it('ignores records that were overtaken', () => {
    const { member: one, record, events } = member()
    const newer = addPeer(record, 40)
    const newest = removePeer(newer, 20)!
    one.update(newest)
    one.update(newer)
    one.update(record)
    expect(events).toMatchObject([
      { type: 'peerLeft', id: 20 },
      { type: 'peerJoined', id: 40, offer: false },
    ])
    expect(one.record).toBe(newest)
  })

  it('tells of several changes at once', () => {
    const { member: one, record, events } = member()
    one.update(seal(removePeer(record, 10)!, 20, true))
    expect(events).toMatchObject([
      { type: 'peerLeft', id: 10 },
      { type: 'room', room: { host: 20, sealed: true } },
    ])
  })

  it('ends when the room goes on without it', () => {
    const { member: one, record, events } = member()
    one.update(removePeer(record, 30)!)
    expect(events).toMatchObject([{ type: 'closed', error: { code: 'ERR_SIGNALING_UNREACHABLE' } }])
  })

  it('hears only those it sees', () => {
    const { member: one, record, events } = member()
    one.update(removePeer(record, 20)!)
    events.length = 0
    one.receive(20, offer('late'))
    one.receive(99, offer('who?'))
    one.receive(10, offer('hello'))
    expect(events).toEqual([{ type: 'signal', from: 10, signal: offer('hello') }])
  })
})
