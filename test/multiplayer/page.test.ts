// A room in a page that goes away. The page is the test's own.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { SignalingTransport } from '../../src/net/signaling/transport.ts'
import { SimulatedNetwork } from '../../src/testing.ts'

type Hide = (event: { readonly persisted: boolean }) => void

let listeners: Hide[]

beforeEach(() => {
  listeners = []
  vi.stubGlobal('document', { visibilityState: 'visible', addEventListener() {}, removeEventListener() {} })
  vi.stubGlobal('addEventListener', (type: string, listener: Hide) => {
    if (type === 'pagehide') listeners.push(listener)
  })
  vi.stubGlobal('removeEventListener', (_type: string, listener: Hide) => {
    listeners = listeners.filter((each) => each !== listener)
  })
})

afterEach(() => vi.unstubAllGlobals())

async function meet(keepPlace: boolean) {
  const network = new SimulatedNetwork({ latencyMs: 20 })
  const leaves: string[] = []
  const options = network.peerOptions('page')
  const signaling: SignalingTransport = {
    async open(request, context) {
      const session = await options.signaling.open(request, context)
      const close = session.close.bind(session)
      session.close = () => {
        leaves.push('page')
        close()
      }
      return session
    },
  }
  const page = await network.until(joinRoom({ ...options, signaling, keepPlace }))
  const hide = listeners[0]!
  const other = await network.until(joinRoom({ ...network.peerOptions('other'), room: page.code }))
  await network.until(() => page.peers.length + other.peers.length === 2)
  const told: string[] = []
  other.on('peerReconnecting', () => told.push('reconnecting'))
  other.on('peerDisconnected', (_id, reason) => told.push(reason))
  return { network, page, other, hide, told, leaves }
}

it.each([false, true])(
  'says goodbye to its peers at once, and to signaling unless it keeps its place (%s)',
  async (keeps) => {
    const { network, other, hide, told, leaves } = await meet(keeps)
    hide({ persisted: false })
    await network.run(50)
    expect(told).toEqual(['left'])
    expect(leaves).toEqual(keeps ? [] : ['page'])
    await network.until(other.leave())
    expect(listeners).toEqual([])
  },
)

it('that the browser keeps to show it again says nothing', async () => {
  const { network, page, other, hide, told } = await meet(false)
  hide({ persisted: true })
  await network.run(500)
  expect(told).toEqual([])
  await network.until(Promise.all([page.leave(), other.leave()]))
})
