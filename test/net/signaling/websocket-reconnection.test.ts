import { describe, expect, it } from 'vitest'
import { PING_PERIOD_MS, RECONNECT_FIRST_MS } from '../../../src/net/signaling/constants.ts'
import { turn } from '../../support/turn.ts'
import { attempt, FRESH, JOINED, joined, PEER, PRESENCE, ScriptedSocket, SECRET } from './scripted-socket.ts'
import { Member, offer } from './support.ts'

describe('a WebSocketSignaling session whose link breaks', () => {
  /** It breaks, and the next attempt reaches the server. */
  async function broken() {
    const { clock, socket, member } = await joined({ reconnect: true })
    socket.emit('close', { code: 1006, reason: '' })
    clock.advance(RECONNECT_FIRST_MS)
    const again = ScriptedSocket.last
    expect(again).not.toBe(socket)
    again.emit('open')
    return { clock, socket, member, again }
  }

  it('comes back to its place by itself, and learns what happened meanwhile', async () => {
    const { clock, member, again } = await broken()
    expect(again.sent).toEqual([{ type: 'resume', version: 2, room: 'AAA-BBB-CCC', id: 5, secret: SECRET }])
    const secret = 'f'.repeat(32)
    const room = { ...JOINED.room, sealed: true }
    const peers = [
      { id: 9, offer: true, ...PEER },
      { id: 11, offer: false, ...PEER },
    ]
    again.serve({ ...JOINED, room, peers, resume: { secret, graceMs: 30_000 } })
    expect(member.events.slice(1)).toMatchObject([
      { type: 'interrupted', error: { code: 'ERR_SIGNALING_UNREACHABLE' } },
      { type: 'restored' },
      { type: 'room', room: { sealed: true } },
      { type: 'peerBack', id: 9 },
      { type: 'peerJoined', id: 11, offer: false },
    ])
    expect(member.session.place).toBe(`AAA-BBB-CCC 5 ${secret}`)
    // Which tells the server that the secret is here.
    expect(again.sent.at(-1)).toEqual({ type: 'ping' })
    member.session.send(9, offer('x'))
    expect(again.sent.at(-1)).toMatchObject({ type: 'signal', to: 9 })
    clock.advance(PING_PERIOD_MS)
    expect(again.sent.at(-1)).toEqual({ type: 'ping' })
    member.session.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('tries again with the same secret when the answer is lost, and with the new one only once that is here', async () => {
    const { clock, member, again } = await broken()
    again.emit('close', { code: 1006, reason: '' })
    await turn()
    clock.advance(2 * RECONNECT_FIRST_MS)
    const third = ScriptedSocket.last
    expect(third).not.toBe(again)
    third.emit('open')
    expect(third.sent).toEqual([{ type: 'resume', version: 2, room: 'AAA-BBB-CCC', id: 5, secret: SECRET }])
    const secret = 'f'.repeat(32)
    third.serve({ ...JOINED, resume: { secret, graceMs: 30_000 } })
    await turn()
    third.emit('close', { code: 1006, reason: '' })
    clock.advance(RECONNECT_FIRST_MS)
    ScriptedSocket.last.emit('open')
    expect(ScriptedSocket.last.sent).toMatchObject([{ type: 'resume', secret }])
    expect(member.events.map(({ type }) => type)).not.toContain('closed')
    member.session.close()
  })

  it('brings fresh ICE servers to those who asked for them before or meanwhile', async () => {
    const { clock, socket, member } = await joined({ reconnect: true })
    const old = member.session.iceServers
    const before = member.session.refreshIceServers!()
    socket.emit('close', { code: 1006, reason: '' })
    const meanwhile = member.session.refreshIceServers!()
    clock.advance(RECONNECT_FIRST_MS)
    const again = ScriptedSocket.last
    again.emit('open')
    expect(again.sent.map(({ type }) => type)).toEqual(['resume'])
    again.serve({ ...JOINED, iceServers: FRESH })
    expect(await Promise.all([before, meanwhile])).toEqual([FRESH, FRESH])
    expect(old).not.toEqual(FRESH)
  })

  it('tells apart who left and who came anew under the same id', async () => {
    const { member, again } = await broken()
    again.serve({ ...JOINED, peers: [{ id: 9, offer: false, ...PEER, life: 7 }] })
    expect(member.events.slice(3)).toMatchObject([
      { type: 'peerLeft', id: 9 },
      { type: 'peerJoined', id: 9, offer: false },
    ])
  })

  it('learns who else of its star came, left and changed meanwhile, and who is a player only', async () => {
    const { clock, opening, socket } = await attempt({ reconnect: true })
    const [ada, bob] = [
      { ...PRESENCE, name: 'Ada' },
      { ...PRESENCE, name: 'Bob' },
    ]
    const players = [
      { id: 7, presence: ada },
      { id: 8, presence: ada },
      { id: 9, presence: ada },
    ]
    socket.emit('open')
    socket.serve({ ...JOINED, players })
    const member = new Member(await opening)
    socket.serve({ type: 'player_joined', id: 5, presence: ada })
    socket.serve({ type: 'player_left', id: 9 })
    socket.serve({ type: 'peer_left', id: 7 })
    socket.serve({ type: 'peer_back', id: 7 })
    socket.serve({ type: 'signal', from: 7, signal: offer('behind the back of the host') })
    socket.serve({ type: 'presence', id: 6, presence: bob })
    expect(member.events).toMatchObject([
      { type: 'peerJoined', id: 9 },
      { type: 'playerJoined', id: 7, presence: ada },
      { type: 'playerJoined', id: 8, presence: ada },
    ])
    socket.emit('close', { code: 1006, reason: '' })
    clock.advance(RECONNECT_FIRST_MS)
    ScriptedSocket.last.emit('open')
    const now = [
      { id: 8, presence: bob },
      { id: 10, presence: bob },
    ]
    ScriptedSocket.last.serve({ ...JOINED, players: now })
    expect(member.events.slice(3)).toMatchObject([
      { type: 'interrupted' },
      { type: 'restored' },
      { type: 'playerLeft', id: 7 },
      { type: 'peerBack', id: 9 },
      { type: 'presence', id: 8, presence: bob },
      { type: 'playerJoined', id: 10, presence: bob },
    ])
  })

  it('keeps what the player says of itself, and refuses the rest, until there is a link', async () => {
    const { clock, socket, member } = await joined({ reconnect: true })
    socket.emit('close', { code: 1012, reason: 'resume' })
    member.session.request?.({ type: 'presence', presence: { name: 'Ada' } })
    member.session.seal(true)
    member.session.send(9, offer('lost'))
    await Promise.resolve()
    expect(member.events.at(-1)).toMatchObject({ type: 'error', error: { code: 'ERR_UNAVAILABLE' } })
    clock.advance(RECONNECT_FIRST_MS)
    const again = ScriptedSocket.last
    again.emit('open')
    again.serve({ ...JOINED })
    expect(again.sent.slice(1)).toEqual([{ type: 'presence', presence: { name: 'Ada' } }, { type: 'ping' }])
  })

  it('tries less and less often, and ends when the server keeps its place no longer', async () => {
    const { clock, socket, member } = await joined({ reconnect: true })
    socket.emit('close', { code: 1006, reason: '' })
    const times: number[] = []
    let last = socket
    for (let ms = 0; ms < 60_000; ms += 10) {
      clock.advance(10)
      if (ScriptedSocket.last === last) continue
      last = ScriptedSocket.last
      times.push(ms)
      last.emit('close', { code: 1006, reason: '' })
      await turn()
    }
    expect(times.length).toBeGreaterThan(7)
    expect(times.length).toBeLessThan(20)
    expect(times.at(-1)).toBeGreaterThan(20_000)
    expect(times.at(-1)).toBeLessThan(36_000)
    expect(member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_SIGNALING_UNREACHABLE' } })
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends at once when it is told that its place is gone', async () => {
    const { clock, member, again } = await broken()
    again.serve({ type: 'error', code: 'ERR_DOES_NOT_EXIST', message: 'gone' })
    await turn()
    expect(member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_SIGNALING_UNREACHABLE' } })
    expect(clock.pendingTimers).toBe(0)
  })

  it('stops trying when it is closed', async () => {
    const { clock, member, again } = await broken()
    member.session.close()
    again.serve({ ...JOINED })
    expect(again.readyState).toBe(3)
    expect(clock.pendingTimers).toBe(0)
  })
})
