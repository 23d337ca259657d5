// What a client of each server does, by hand and as cheaply as possible: what is measured is the server.

import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { ServerKind } from './calls.ts'

/** A candidate's line as browsers send it, with its place. */
const CANDIDATE = {
  kind: 'candidate',
  attempt: 0,
  media: '0',
  index: 0,
  name: 'candidate:842163049 1 udp 1677729535 203.0.113.141 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0',
} as const
const OFFER = {
  kind: 'description',
  attempt: 0,
  type: 'offer',
  sdp: `v=0\r\n${'a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35\r\n'.repeat(8)}`,
} as const

/** One client, connected and known to the server. */
export interface Client {
  readonly socket: WebSocket
  /** Sends a candidate to `to`: a real one needs a description now and then, so every 32nd is one. */
  send(to: string, number: number): void
  /** What others send to this one by. */
  readonly name: string
  /** Calls `listener` for every message that another client sent. */
  onSignal(listener: () => void): void
}

/**
 * Lets `send` send, and what it sends leave in one write: a client that makes a system call for each message is slower than
 * the servers, which would then be measured while they wait.
 */
export function inOneWrite({ socket }: Client, send: () => void): void {
  const { _socket: stream } = socket as unknown as { readonly _socket: Duplex }
  stream.cork()
  send()
  stream.uncork()
}

let made = 0

/** Connects a client: it is in when its promise resolves. With Skein into `room`, or a new one. */
export async function connectClient(
  kind: ServerKind,
  url: string,
  from: string,
  room?: string,
): Promise<Client & { readonly room: string }> {
  return kind === 'skein' ? connectSkein(url, from, room) : connectPeerServer(url, from)
}

async function connectSkein(url: string, from: string, room: string | undefined) {
  const socket = open(url, from)
  await once(socket, 'open')
  const entry =
    room === undefined
      ? { type: 'create', version: 2, topology: 'mesh', maxPeers: 256 }
      : { type: 'join', version: 2, room }
  const answer = heard(socket, 'joined')
  socket.send(JSON.stringify(entry))
  const joined = (await answer) as { id: number; room: { code: string } }
  return {
    socket,
    room: joined.room.code,
    name: String(joined.id),
    send(to: string, number: number) {
      const signal = number % 32 === 0 ? OFFER : CANDIDATE
      socket.send(JSON.stringify({ type: 'signal', to: Number(to), signal }))
    },
    onSignal: (listener: () => void) => onType(socket, '{"type":"signal"', listener),
  }
}

async function connectPeerServer(url: string, from: string) {
  const name = `client-${process.pid}-${made++}`
  const socket = open(`${url}?key=peerjs&id=${name}&token=secret-${name}&version=1.5.4`, from)
  await heard(socket, 'OPEN')
  return {
    socket,
    room: '',
    name,
    send(to: string, number: number) {
      const [type, payload] = number % 32 === 0 ? ['OFFER', OFFER] : ['CANDIDATE', CANDIDATE]
      socket.send(JSON.stringify({ type, dst: to, payload }))
    },
    // It puts the sender's type first; everything else that it sends to a connected client is rare.
    onSignal: (listener: () => void) => {
      onType(socket, '{"type":"OFFER"', listener)
      onType(socket, '{"type":"CANDIDATE"', listener)
    },
  }
}

function open(url: string, from: string): WebSocket {
  const socket = new WebSocket(url, { localAddress: from, perMessageDeflate: false })
  socket.on('error', () => {})
  return socket
}

/** The first message of `type`. Rejects when the socket closes before. */
function heard(socket: WebSocket, type: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error(`closed before "${type}"`))
    const listen = (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; code?: string }
      if (message.type === 'error') reject(new Error(message.code))
      if (message.type !== type) return
      socket.off('message', listen)
      socket.off('close', gone)
      resolve(message)
    }
    socket.on('message', listen)
    socket.once('close', gone)
  })
}

function onType(socket: WebSocket, beginning: string, listener: () => void): void {
  const expected = Buffer.from(beginning)
  socket.on('message', (data: Buffer) => {
    if (data.subarray(0, expected.length).equals(expected)) listener()
  })
}
