import { describe, expect, it } from 'vitest'
import { seededRandom, systemRandom } from '../../../src/net/random.ts'
import {
  addPeer,
  createRoom,
  generatePeerId,
  knownTo,
  offers,
  present,
  type RoomRecord,
  removePeer,
  roomChange,
  roomInfo,
  seal,
  visibleTo,
} from '../../../src/net/signaling/room.ts'
import { generateRoomCode, normalizeRoomCode } from '../../../src/net/signaling/room-code.ts'
import { thrown } from './support.ts'

function room(topology: 'mesh' | 'star', ...others: number[]): RoomRecord {
  const empty = createRoom({ code: 'AAA-BBB-CCC', topology, maxPeers: 4 }, seededRandom(1))
  return others.reduce((room, id) => addPeer(room, id), empty)
}

describe('a room', () => {
  it('begins with its creator as the host, open, and with a default size', () => {
    const made = createRoom({ code: 'AAA-BBB-CCC', topology: 'mesh' }, seededRandom(1))
    expect(made.peers).toEqual([made.host])
    expect(roomInfo(made)).toEqual({
      code: 'AAA-BBB-CCC',
      topology: 'mesh',
      maxPeers: 16,
      sealed: false,
      host: made.host,
      public: false,
      locked: false,
      whenHostLeaves: 'close',
      metadata: {},
    })
  })

  it('gives the host of a star the id 1, and that of a mesh any other', () => {
    expect(room('star').host).toBe(1)
    expect(room('mesh').host).toBeGreaterThan(1)
  })

  it('keeps its peers in the order in which they came', () => {
    const made = room('mesh', 30, 20)
    expect(made.peers).toEqual([made.host, 30, 20])
  })

  it('refuses one more than it holds', () => {
    expect(thrown(() => addPeer(room('mesh', 10, 20, 30), 40))).toBe('ERR_ROOM_FULL')
  })

  it('refuses newcomers while it is sealed, and takes them again afterwards', () => {
    const open = room('mesh', 10)
    const sealed = seal(open, open.host, true)
    expect(thrown(() => addPeer(sealed, 20))).toBe('ERR_ROOM_SEALED')
    expect(addPeer(seal(sealed, open.host, false), 20).peers).toContain(20)
  })

  it('is sealed by its host only', () => {
    expect(thrown(() => seal(room('mesh', 10), 10, true))).toBe('ERR_UNAUTHORIZED')
  })

  it('refuses an id that is taken', () => {
    expect(thrown(() => addPeer(room('mesh', 10), 10))).toBe('ERR_ALREADY_IN_USE')
  })

  it('ends when the last peer leaves', () => {
    const made = room('mesh')
    expect(removePeer(made, made.host)).toBeUndefined()
  })

  it('ends with the host of a star, and lives on without a client', () => {
    expect(removePeer(room('star', 10, 20), 1)).toBeUndefined()
    expect(removePeer(room('star', 10, 20), 10)?.peers).toEqual([1, 20])
  })

  it('passes a mesh to the longest-present peer', () => {
    const made = room('mesh', 30, 20)
    expect(removePeer(made, made.host)).toMatchObject({ host: 30, peers: [30, 20] })
    expect(removePeer(made, 30)).toMatchObject({ host: made.host, peers: [made.host, 20] })
  })

  it('is the same record when nothing changes, and has a higher revision when something does', () => {
    const made = room('mesh', 10)
    expect(removePeer(made, 99)).toBe(made)
    expect(seal(made, made.host, false)).toBe(made)
    const changes = [addPeer(made, 20), removePeer(made, 10), removePeer(made, made.host), seal(made, made.host, true)]
    for (const changed of changes) expect(changed?.revision).toBe(made.revision + 1)
  })

  it('shows everyone in a mesh, and in a star the host to clients and clients to the host', () => {
    const mesh = room('mesh', 10, 20)
    expect(visibleTo(mesh, 10)).toEqual([mesh.host, 20])
    const star = room('star', 10, 20)
    expect(visibleTo(star, 10)).toEqual([1])
    expect(visibleTo(star, 1)).toEqual([10, 20])
    expect(visibleTo(star, 99)).toEqual([])
  })

  it('has exactly one side of each pair offer: the one that came later', () => {
    const made = room('mesh', 30, 20)
    expect(offers(made, 20, 30)).toBe(true)
    expect(offers(made, 30, 20)).toBe(false)
    expect(offers(made, 30, made.host)).toBe(true)
  })

  it('tells a member what changed, as far as it can see it', () => {
    const before = room('mesh', 10, 20)
    const after = addPeer(removePeer(before, before.host)!, 30)
    expect(roomChange(before, after, 10)).toEqual({
      left: [before.host],
      joined: [30],
      playersLeft: [],
      playersJoined: [],
      presence: [],
      info: true,
    })
  })

  it('tells a client of a star who else comes, goes and changes, but to connect only with the host', () => {
    const before = room('star', 10, 20)
    const after = present(addPeer(removePeer(before, 20)!, 30), 1, { name: 'Ada' })
    const nothing = { left: [], joined: [], playersLeft: [], playersJoined: [], presence: [], info: false }
    expect(roomChange(before, after, 10)).toEqual({ ...nothing, playersLeft: [20], playersJoined: [30], presence: [1] })
    expect(roomChange(before, after, 1)).toEqual({ ...nothing, left: [20], joined: [30] })
    expect(roomChange(before, present(before, 20, { visible: false }), 10)).toEqual({ ...nothing, presence: [20] })
    expect([knownTo(after, 10), knownTo(after, 1), knownTo(after, 99)]).toEqual([[30], [], []])
    expect(knownTo(room('mesh', 10, 20), 10)).toEqual([])
  })
})

describe('peer ids', () => {
  it('are between 2 and 2^31 - 1 and never taken twice, whatever the source of chance gives', () => {
    const extremes = [0, 1, 2, 3, 0xffff_ffff, 0xffff_fffe]
    for (const bits of extremes) {
      const id = generatePeerId(() => bits, [2, 0x7fff_ffff])
      expect(id).toBeGreaterThan(2)
      expect(id).toBeLessThan(0x7fff_ffff)
    }
  })
})

describe('room codes', () => {
  it('have three groups of three symbols, without I, L, O and U', () => {
    for (let i = 0; i < 200; i++) {
      expect(generateRoomCode(systemRandom)).toMatch(/^[0-9A-HJKMNP-TV-Z]{3}(-[0-9A-HJKMNP-TV-Z]{3}){2}$/)
    }
  })

  it('use every symbol at every place', () => {
    const random = seededRandom(3)
    const seen = Array.from({ length: 9 }, () => new Set<string>())
    for (let i = 0; i < 2_000; i++) {
      for (const [place, symbol] of [...generateRoomCode(random).replaceAll('-', '')].entries()) {
        seen[place]?.add(symbol)
      }
    }
    expect(seen.map((symbols) => symbols.size)).toEqual(Array(9).fill(32))
  })

  it('are the same in every spelling', () => {
    for (const spelling of ['k7m3q0wp1', ' K7M 3Q0 WP1 ', 'k7m-3qo-wpl', 'K7M–3QO–WPI', 'k7m.3q0/wp1\n']) {
      expect(normalizeRoomCode(spelling)).toBe('K7M-3Q0-WP1')
    }
    const code = generateRoomCode(systemRandom)
    expect(normalizeRoomCode(code)).toBe(code)
  })
})
