// The program of a page that is one end of a rival's line.

import geckos from '@geckos.io/client'
import { joinRoom } from 'trystero/nostr'
import type { Side } from '../../../test/support/link-client.ts'
import type { LineEnd, LineStack } from '../line.ts'
import { lineHandlers } from '../line-calls.ts'
import { linkedConnection } from '../linked-connection.ts'
import { servePage } from '../serve-page.ts'
import { GeckosLine } from './geckos.ts'
import { peerJsStack } from './peerjs.ts'
import { trysteroStack } from './trystero.ts'

const OwnConnection = RTCPeerConnection
/** The library's channels have no name for what waits in them. */
let lastChannel: RTCDataChannel | undefined

function useLink(url: string, side: Side): typeof RTCPeerConnection {
  const Linked = linkedConnection(OwnConnection, url, side)
  window.RTCPeerConnection = class extends Linked {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      this.addEventListener('datachannel', ({ channel }) => {
        lastChannel = channel
      })
    }
  }
  return window.RTCPeerConnection
}

const geckosClient: LineStack = {
  listen: async () => {
    throw new Error('The client of geckos.io dials only.')
  },
  dial: ({ link }, room) => {
    useLink(link, 1)
    const channel = geckos({ url: 'http://127.0.0.1', port: Number(room) })
    return new Promise<LineEnd>((resolve, reject) => {
      channel.onConnect((error) => {
        if (error) reject(error)
        else resolve(new GeckosLine(channel, () => lastChannel?.bufferedAmount ?? 0))
      })
    })
  },
}

const peerJs: LineStack = {
  listen: (meeting) => {
    useLink(meeting.link, 2)
    return peerJsStack.listen(meeting)
  },
  dial: (meeting, room) => {
    useLink(meeting.link, 1)
    return peerJsStack.dial(meeting, room)
  },
}

const trystero = trysteroStack(async (url, side) => ({ joinRoom, rtcPolyfill: useLink(url, side) }))

async function stackOf(name: string): Promise<LineStack> {
  if (name === 'peerjs') return peerJs
  return name === 'trystero' ? trystero : geckosClient
}

servePage(
  lineHandlers(stackOf, () => performance.now()),
  () => {},
)
