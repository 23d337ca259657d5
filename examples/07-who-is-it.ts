// Who may enter, and who is it? A ticket of your backend opens the door of the signaling server. Between the players, each
// proves with a signature that it has its key, and that nobody stands in between.
//
// Run it:   npm run example 07
// You see:  Without a ticket: ERR_TOKEN_REFUSED
//           Ann lets in Ben, whom the backend calls player 2.
//           Mallory has a ticket, and Ann refuses her: ERR_UNAUTHORIZED

import 'skein/node'
import { createIdentity, identify, joinRoom, type NetError } from 'skein'
import { createPassport, createSignalingServer, createTicket } from 'skein/server'

// What your backend keeps: a secret that it shares with the signaling server, and a key pair of which the game has the
// public half.
const secret = 'only-the-backend-and-the-signaling-server-know-this'
const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const [privateKey, publicKey] = await Promise.all([
  crypto.subtle.exportKey('jwk', pair.privateKey),
  crypto.subtle.exportKey('jwk', pair.publicKey),
])

const server = await createSignalingServer({ ticketSecret: secret })
const refused = await joinRoom({ signaling: server.url }).catch((error: NetError) => error.code)
console.log(`Without a ticket: ${refused}`)

/** A player who is logged in at the backend. */
async function enter(name: string, id: string, room?: string, passportKey = privateKey) {
  const identity = await createIdentity() // Keep it: it is the player, at every visit.
  const about = { name, subject: id, key: identity.key }
  const token = await createTicket({ secret, ...about })
  const passport = await createPassport({ privateKey: passportKey, ...about })
  const authentication = identify({ identity, passport, passportKeys: [publicKey] })
  return { room: await joinRoom({ signaling: server.url, room, token, authentication }), authentication }
}

const ann = await enter('Ann', '1')
const { code } = ann.room
const met = new Promise<number>((resolve) => ann.room.once('peerConnected', resolve))
const ben = await enter('Ben', '2', code)
const passport = ann.authentication.peer(await met)?.passport
console.log(`Ann lets in ${passport?.name}, whom the backend calls player ${passport?.subject}.`)

const stopped = new Promise<NetError>((resolve) => ann.room.once('peerAuthenticationFailed', (_id, e) => resolve(e)))
const forged = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const mallory = await enter('Ben', '2', code, await crypto.subtle.exportKey('jwk', forged.privateKey))
console.log(`Mallory has a ticket, and Ann refuses her: ${(await stopped).code}`)

await Promise.all([ann, ben, mallory].map(({ room }) => room.leave()))
await server.close()
