// One valid message of each kind, for mutations to begin with.

import type { Json } from './json.ts'

export const PRESENCE = { name: 'Ada', properties: { team: 1 }, visible: true }
const peer = { life: 1, presence: PRESENCE }
const SECRET = '0123456789abcdef0123456789abcdef'

const room = { code: 'ROOM', topology: 'mesh', maxPeers: 16, sealed: false, host: 5, metadata: { mode: 'ctf' } }

export const SIGNALS: readonly { [key: string]: Json }[] = [
  { kind: 'description', attempt: 0, type: 'offer', sdp: 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n' },
  { kind: 'description', type: 'answer', sdp: 'v=0\r\n' },
  {
    kind: 'candidate',
    attempt: 2,
    media: '0',
    index: 0,
    name: 'candidate:1 1 UDP 2122260223 192.0.2.1 54321 typ host',
  },
  { kind: 'failed', attempt: 1 },
]

export const CLIENT_MESSAGES: readonly Json[] = [
  { type: 'create', version: 2, topology: 'mesh' },
  { type: 'create', version: 2, topology: 'star', maxPeers: 4, token: 'secret' },
  { type: 'join', version: 2, room: 'K7M-3QX-WPD', token: 'secret' },
  ...SIGNALS.map((signal) => ({ type: 'signal', to: 5, signal })),
  {
    type: 'create',
    version: 2,
    topology: 'star',
    public: true,
    metadata: { mode: 'ctf', players: 8, ranked: false },
    password: 'swordfish',
    whenHostLeaves: 'wait',
    presence: { name: 'Ada', properties: { team: 1 } },
  },
  { type: 'match', version: 2, topology: 'mesh', maxPeers: 4, metadata: { mode: 'ctf' } },
  { type: 'resume', version: 2, room: 'K7M-3QX-WPD', id: 5, secret: SECRET, fresh: true },
  { type: 'list', version: 2, filter: { metadata: { mode: 'ctf' }, open: true, maxPlayers: 3 }, after: 'A', limit: 5 },
  { type: 'presence', presence: { visible: false } },
  { type: 'update', metadata: { map: 'dust' }, public: false },
  { type: 'kick', id: 5, ban: true },
  { type: 'seal', sealed: true },
  { type: 'ice_servers' },
  { type: 'leave' },
  { type: 'ping' },
]

export const SERVER_MESSAGES: readonly Json[] = [
  {
    type: 'joined',
    id: 9,
    room,
    peers: [
      { id: 5, offer: true, ...peer },
      { id: 7, offer: false, ...peer },
    ],
    players: [{ id: 15, presence: PRESENCE }],
    resume: { secret: SECRET, graceMs: 30_000 },
    iceServers: [{ urls: ['turn:turn.example.org'], username: 'u', credential: 'c' }],
  },
  { type: 'peer_joined', id: 11, ...peer },
  { type: 'player_joined', id: 13, presence: PRESENCE },
  { type: 'player_left', id: 13 },
  { type: 'peer_left', id: 7 },
  { type: 'peer_left', id: 7, kicked: true },
  { type: 'peer_back', id: 5 },
  { type: 'presence', id: 5, presence: { ...PRESENCE, visible: false } },
  ...SIGNALS.map((signal) => ({ type: 'signal', from: 5, signal })),
  { type: 'room', room: { ...room, host: 7, sealed: true, public: true } },
  {
    type: 'rooms',
    rooms: [{ code: 'ROOM', topology: 'star', players: 3, maxPeers: 8, sealed: false, locked: true, metadata: {} }],
    next: 'ROOM',
  },
  { type: 'ice_servers', iceServers: [{ urls: 'turn:turn.example.org', username: 'u', credential: 'c' }] },
  { type: 'closed', code: 'ERR_ROOM_CLOSED', message: 'It is over.' },
  { type: 'error', code: 'ERR_UNAUTHORIZED', message: 'No.' },
  { type: 'pong' },
]

/** Between members 5 (the host), 9 and 11. */
export const TAB_MESSAGES: readonly Json[] = [
  { type: 'knock', from: 13 },
  { type: 'refused', to: 9, code: 'ERR_ROOM_FULL', message: 'It is full.' },
  { type: 'room', room: { ...room, peers: [5, 9, 11, 13], presence: presenceOf(5, 9, 11, 13), revision: 4 } },
  { type: 'room', room: { ...room, host: 9, peers: [9, 11], presence: presenceOf(9, 11), revision: 5 }, kicked: 5 },
  { type: 'presence', from: 11, presence: { name: 'Bob' } },
  ...SIGNALS.map((signal) => ({ type: 'signal', from: 5, to: 9, signal })),
  { type: 'leave', from: 5 },
  { type: 'ask', from: 11 },
  { type: 'here', from: 5 },
].map((message) => ({ skein: 2, message }))

function presenceOf(...ids: number[]): { [id: string]: Json } {
  return Object.fromEntries(ids.map((id) => [id, PRESENCE]))
}
