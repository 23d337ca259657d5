// Without rooms: MultiplayerAPI over whatever peer there is. With none it is a single-player game, and the game's code does not
// notice. Then the same game over two connections that were made by hand.
//
// Run it:   npm run example 10
// You see:  Alone, as peer 1: you take the orb.
//           As two: player 2 asks, and player 1, the server, says: you take the orb.

import 'skein/node'
import { MultiplayerAPI, rpc, WebRTCMultiplayerPeer, WebRTCPeerConnection } from 'skein'

/** The game. It knows of no connection. */
function start(api: MultiplayerAPI) {
  return api.rpcs({ take: rpc.request('authority', (_context, what: string) => `you take the ${what}`) })
}

// OfflineMultiplayerPeer is the default: always connected, the server, alone.
const alone = new MultiplayerAPI()
console.log(`Alone, as peer ${alone.uniqueId}: ${await start(alone).take.toHost()('orb')}.`)

// Your own signaling: here both ends are in this process, and are handed each other's descriptions and candidates.
const offers = new WebRTCPeerConnection()
const answers = new WebRTCPeerConnection()
for (const [from, to] of [[offers, answers] as const, [answers, offers] as const]) {
  from.initialize({ iceServers: [] })
  from.on('sessionDescriptionCreated', (type, sdp) => {
    from.setLocalDescription(type, sdp)
    to.setRemoteDescription(type, sdp)
  })
  from.on('iceCandidateCreated', (media, index, name) => to.addIceCandidate(media, index, name))
}

const server = new WebRTCMultiplayerPeer()
server.createServer()
server.addPeer(offers, 2)
const client = new WebRTCMultiplayerPeer()
client.createClient(2)
client.addPeer(answers, 1)

const host = new MultiplayerAPI({ multiplayerPeer: server })
const guest = new MultiplayerAPI({ multiplayerPeer: client })
start(host)
const calls = start(guest)
const connected = new Promise<void>((resolve) => guest.once('connectedToServer', resolve))
offers.createOffer()
await connected
const said = await calls.take.toHost()('orb')
console.log(`As two: player ${guest.uniqueId} asks, and player ${host.uniqueId}, the server, says: ${said}.`)
await Promise.all([guest.close(), host.close()])
