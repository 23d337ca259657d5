// Two tabs of one browser chat. The tabs find each other by a BroadcastChannel: there is no server at all.
//
// Run it:   npm run example 01   and open the link that it prints; then open the address that it became in a second tab.
// You see:  what is typed in one tab in both of them.

import { BroadcastChannelSignaling, joinRoom } from 'skein'

// The first tab opens a room and puts its code into the address. Whoever opens that address joins.
const room = await joinRoom({
  signaling: new BroadcastChannelSignaling(),
  room: location.hash.slice(1) || undefined,
})
location.hash = room.code

const log = document.createElement('pre')
const field = document.createElement('input')
field.placeholder = 'Say something, then Enter'
document.body.append(field, log)

const show = (line: string) => log.append(`${line}\n`)
show(`You are peer ${room.id}.`)

room.on('peerConnected', (id) => show(`Peer ${id} is here.`))
room.on('peerDisconnected', (id, reason) => show(`Peer ${id} is gone (${reason}).`))
room.on('packet', (value, from) => show(`${from}: ${String(value)}`))

field.addEventListener('change', () => {
  room.send(field.value)
  show(`you: ${field.value}`)
  field.value = ''
})
