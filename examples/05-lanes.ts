// A ship's state 60 times a second, of which only the newest counts, and at the same time a level of 8 MB. The level waits
// where it must, the ship does not.
//
// Run it:   npm run example 05
// You see:  The level came whole: 8000000 bytes.
//           Of … states … came; the longest pause between two was … ms.
//           In the path they waited … ms at most.

import 'skein/node'
import { joinRoom, MemorySignaling, TransferMode } from 'skein'

const signaling = new MemorySignaling()
const ann = await joinRoom({ signaling })
const ben = await joinRoom({ signaling, room: ann.code })

let states = 0
let last = Number.NaN
let longest = 0
ben.on('packet', (value) => {
  if (value instanceof Uint8Array) {
    console.log(`The level came whole: ${value.length} bytes.`)
    finish()
    return
  }
  states++
  longest = Math.max(longest, performance.now() - last || 0)
  last = performance.now()
})
ben.on('progress', ({ lane, bytes, totalBytes }) => {
  if (process.stdout.isTTY) process.stdout.write(`${lane}: ${Math.round((bytes / totalBytes) * 100)} %\r`)
})

await new Promise((resolve) => ann.once('peerConnected', resolve))
// Large packets take the lane `bulk`, which yields to everything else.
ann.sendBytes(new Uint8Array(8_000_000), { to: ben.id })

let sent = 0
let queue = 0
const timer = setInterval(() => {
  // Unreliable: never sent again. With a key a newer state takes the place of an older one that still waits.
  ann.send(['ship', sent++, Math.sin(sent / 60)], { mode: TransferMode.UnreliableOrdered, key: 'ship' })
  queue = Math.max(queue, ann.stats(ben.id).queueMs)
}, 1000 / 60)

function finish(): void {
  clearInterval(timer)
  console.log(`Of ${sent} states ${states} came; the longest pause between two was ${Math.round(longest)} ms.`)
  console.log(`In the path they waited ${Math.round(queue)} ms at most.`)
  void Promise.all([ann.leave(), ben.leave()])
}
