// One valid message of each kind, for mutations to begin with.

import type { Json } from './json.ts'

const room = { code: 'ROOM', topology: 'mesh', maxPeers: 16, sealed: false, host: 5 }

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
  { type: 'create', version: 1, topology: 'mesh' },
  { type: 'create', version: 1, topology: 'star', maxPeers: 4, token: 'secret' },
  { type: 'join', version: 1, room: 'K7M-3QX-WPD', token: 'secret' },
  ...SIGNALS.map((signal) => ({ type: 'signal', to: 5, signal })),
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
    peers: [5, 7],
    iceServers: [{ urls: ['turn:turn.example.org'], username: 'u', credential: 'c' }],
  },
  { type: 'peer_joined', id: 11 },
  { type: 'peer_left', id: 7 },
  ...SIGNALS.map((signal) => ({ type: 'signal', from: 5, signal })),
  { type: 'host', id: 7 },
  { type: 'sealed', sealed: true },
  { type: 'ice_servers', iceServers: [{ urls: 'turn:turn.example.org', username: 'u', credential: 'c' }] },
  { type: 'closed', code: 'ERR_ROOM_CLOSED', message: 'It is over.' },
  { type: 'error', code: 'ERR_UNAUTHORIZED', message: 'No.' },
  { type: 'pong' },
]

/** Between members 5 (the host), 9 and 11. */
export const TAB_MESSAGES: readonly Json[] = [
  { type: 'knock', from: 13 },
  { type: 'refused', to: 9, code: 'ERR_ROOM_FULL', message: 'It is full.' },
  { type: 'room', room: { ...room, peers: [5, 9, 11, 13], revision: 4 } },
  { type: 'room', room: { ...room, host: 9, peers: [9, 11], revision: 5 } },
  ...SIGNALS.map((signal) => ({ type: 'signal', from: 5, to: 9, signal })),
  { type: 'leave', from: 5 },
  { type: 'ask', from: 11 },
  { type: 'here', from: 5 },
].map((message) => ({ skein: 1, message }))
