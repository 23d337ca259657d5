#!/usr/bin/env node
// The bot as a program: joins a room and plays until it is told to stop. `npm run bot -- --room CODE --url URL`

import { parseArgs } from 'node:util'
import '../../src/node.ts'
import { type Profile, presenceOf } from '../../src/game-demo/profile.ts'
import { hostRoom, joinRoom, NetError, type Room } from '../../src/index.ts'
import { newBotProfile, startBotPlayer } from './bot-player.ts'

const HELP = `A bot that plays Skein Arena from Node, without a browser.

  npm run bot -- --room CODE --url URL [--name NAME]

  --room CODE    the room to join; left out: opens a new room and prints its code
  --url URL      the signaling server, for example ws://localhost:8080/signaling
  --name NAME    what the others see; left out: a name from a list
  --token TOKEN  shown to the signaling server, where it asks for one
  --help         this text

It plays until Ctrl+C (SIGINT) or SIGTERM, and says goodbye to the others.`

const EXIT_FAILED = 1
const EXIT_USAGE = 2

interface Arguments {
  readonly room: string | undefined
  readonly url: string
  readonly name: string | undefined
  readonly token: string | undefined
}

function readArguments(): Arguments | undefined {
  const { values } = parseArgs({
    options: {
      room: { type: 'string' },
      url: { type: 'string' },
      name: { type: 'string' },
      token: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return undefined
  if (!values.url) throw new TypeError('--url is missing: the address of the signaling server.')
  return { room: values.room, url: values.url, name: values.name, token: values.token }
}

async function main(): Promise<void> {
  let given: Arguments | undefined
  try {
    given = readArguments()
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`)
    process.exitCode = EXIT_USAGE
    return
  }
  if (!given) {
    console.log(HELP)
    return
  }
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort())
  try {
    const profile = newBotProfile(given.name)
    const room = await enter(given, profile, abort.signal)
    await play(room, profile, abort.signal)
  } catch (error) {
    if (abort.signal.aborted) return
    console.error(error instanceof NetError ? `${error.code}: ${error.message}` : error)
    process.exitCode = EXIT_FAILED
  }
}

function enter({ room, url, token }: Arguments, profile: Profile, signal: AbortSignal): Promise<Room> {
  const options = { signaling: url, signal, token, presence: presenceOf(profile) }
  return room === undefined ? hostRoom({ ...options, topology: 'mesh' }) : joinRoom({ ...options, room })
}

/** Resolves after the goodbye; rejects when the room ends by itself. */
async function play(room: Room, profile: Profile, signal: AbortSignal): Promise<void> {
  const player = startBotPlayer(room, profile)
  console.log(`${profile.name} plays in room ${room.code} as peer ${room.id}. Ctrl+C to stop.`)
  player.session.on((event) => {
    if (event.type === 'named' && event.first) console.log(`${event.name} is here`)
    if (event.type === 'left') console.log(`${event.name} left`)
  })
  room.on('connectionFailed', (id, error) => console.error(`Peer ${id} cannot be reached: ${error.message}`))
  room.on('signalingLost', (error) => console.error(`${error.message} Playing on with those who are here.`))
  try {
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
      room.on('closed', (error) => (error ? reject(error) : resolve()))
    })
  } finally {
    player.stop()
    await room.leave()
  }
}

await main()
