// What goes wrong, and where you hear of it: what you do wrong is thrown, what happens later is an event, and what the other
// side does wrong harms nobody. Every error has a code for the program and a sentence for a person.
//
// Run it:   npm run example 11
// You see:  a mistyped code: ERR_ROOM_NOT_FOUND
//           a full room: ERR_ROOM_FULL
//           no server there: ERR_SIGNALING_UNREACHABLE
//           giving up: ERR_ABORTED
//           no such peer: ERR_INVALID_PARAMETER
//           what cannot travel: ERR_INVALID_PARAMETER
//           a handler that throws: ERR_RPC_FAILED
//           and it is told there: ERR_RPC_FAILED, because the dog ate it
//           too late: ERR_UNCONFIGURED

import 'skein/node'
import { joinRoom, NetError, rpc } from 'skein'
import { createSignalingServer } from 'skein/server'

/** Runs what must fail, and says with which code. */
async function fails(what: string, action: () => unknown): Promise<void> {
  try {
    await action()
    console.log(`${what}: no error?`)
  } catch (error) {
    if (!(error instanceof NetError)) throw error
    console.log(`${what}: ${error.code}`) // error.message says what to do, error.cause what was behind it.
  }
}

const server = await createSignalingServer()
const signaling = server.url
const ann = await joinRoom({ signaling, maxPeers: 2 })
const ben = await joinRoom({ signaling, room: ann.code })
await new Promise((resolve) => ann.once('peerConnected', resolve))

await fails('a mistyped code', () => joinRoom({ signaling, room: 'AAA-AAA-AAA' }))
await fails('a full room', () => joinRoom({ signaling, room: ann.code }))
await fails('no server there', () => joinRoom({ signaling: 'ws://127.0.0.1:9/signaling' }))
await fails('giving up', () => joinRoom({ signaling, signal: AbortSignal.abort() }))
await fails('no such peer', () => ann.send('hello', { to: 12_345 }))
await fails('what cannot travel', () => ann.send({ callback: () => {} } as never))

// A fault in a handler: the caller hears that it failed, and not why. The reason stays where the fault is.
const homework = { homework: rpc.request<[], string>('any_peer') }
const calls = ann.rpcs(homework)
ben.rpcs({
  homework: homework.homework.handle(() => {
    throw new Error('the dog ate it')
  }),
})
const told = new Promise<NetError>((resolve) => ben.once('error', resolve))
await fails('a handler that throws', () => calls.homework.to(ben.id)())
const { code, cause } = await told
console.log(`and it is told there: ${code}, because ${(cause as Error).message}`)

// These come later: listen to them, for nothing else will tell. `closed` is always the last one.
ann.on('connectionFailed', (id, error) => console.log(`Peer ${id} cannot be reached: ${error.message}`))
ann.on('signalingLost', (error) => console.log(`Nobody new can come: ${error.message}`))
await Promise.all([ann.leave(), ben.leave()])
await fails('too late', () => ann.send('hello'))
await server.close()
