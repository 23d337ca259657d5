// Opens and closes connections and looks at what they leave behind. Runs the compiled library; see programs.ts for how it
// is started. Prints one line of JSON and ends by itself: that it does is a part of the test.

import { readdirSync } from 'node:fs'

/** @type {typeof import('../../src/index.ts')} */
const { joinRoom } = await import(String(new URL('../../dist/src/index.js', import.meta.url)))
/** @type {typeof import('../../src/testing.ts')} */
const { MemorySignaling } = await import(String(new URL('../../dist/src/testing.js', import.meta.url)))
await import(String(new URL('../../dist/src/node.js', import.meta.url)))

const [total = 500, warmUp = 50, atOnce = 2] = process.argv.slice(2).map(Number)
const node = { bindAddress: '127.0.0.1' }

/** One connection's life: it opens, a packet goes each way, it closes. */
async function connection() {
  const signaling = new MemorySignaling()
  const one = await joinRoom({ signaling, node })
  const two = await joinRoom({ signaling, node, room: one.code })
  await Promise.all(
    [one, two].map(
      (room) =>
        new Promise((resolve) => {
          room.on('packet', resolve)
          room.on('peerConnected', (id) => room.send('x'.repeat(1000), { to: id }))
        }),
    ),
  )
  await Promise.all([one.leave(), two.leave()])
}

/** @param {number} count */
async function open(count) {
  for (let done = 0; done < count; done += atOnce) await Promise.all(Array.from({ length: atOnce }, connection))
}

/** What the process holds, once it has come to rest. */
async function measure() {
  // A connection outlives its goodbye a little, so that the answer gets out.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    rss: process.memoryUsage.rss(),
    heap: process.memoryUsage().heapUsed,
    threads: readdirSync('/proc/self/task').length,
    files: readdirSync('/proc/self/fd').length,
  }
}

const idle = await measure()
await open(warmUp)
const early = await measure()
const half = Math.round((total - warmUp) / 2)
await open(half)
const middle = await measure()
await open(total - warmUp - half)
const late = await measure()
process.stdout.write(`${JSON.stringify({ idle, early, middle, late })}\n`)
