// The program of a process that is one end of a rival's line.

import { WebSocket } from 'ws'
import { serveParent, signalOther } from '../child.ts'
import type { LineStack } from '../line.ts'
import { lineHandlers } from '../line-calls.ts'
import { linkedConnection } from '../linked-connection.ts'
import { machineNow } from '../machine-clock.ts'
import { geckosServer } from './geckos-server.ts'
import { importRival } from './install.ts'
import { SimplePeerStack } from './simple-peer.ts'
import { type JoinTrysteroRoom, trysteroStack } from './trystero.ts'

const simplePeer = new SimplePeerStack(signalOther)

const trystero = trysteroStack(async (link, side) => {
  Object.assign(globalThis, { WebSocket })
  const { joinRoom } = await importRival<{ joinRoom: JoinTrysteroRoom }>('trystero/dist/nostr.mjs')
  const { RTCPeerConnection } = await import('node-datachannel/polyfill')
  const Base = RTCPeerConnection as unknown as typeof globalThis.RTCPeerConnection
  return { joinRoom, rtcPolyfill: linkedConnection(Base, link, side, { bindAddress: '127.0.0.1' }) }
})

async function stackOf(name: string): Promise<LineStack> {
  if (name === 'simple-peer') return simplePeer
  if (name === 'trystero') return trystero
  return geckosServer
}

serveParent(lineHandlers(stackOf, machineNow), (signal) => simplePeer.receive(signal))
