// The program of a process that is one end of a line.

import { serveParent, signalOther } from './child.ts'
import type { LineStack } from './line.ts'
import { lineHandlers } from './line-calls.ts'
import { machineNow } from './machine-clock.ts'
import { RawSide, type RawSignal } from './raw-connection.ts'
import { rawStack } from './raw-line.ts'

const raw = new RawSide(signalOther)

// Loaded on use, so that a process of the raw side holds nothing of Skein.
async function stackOf(name: string): Promise<LineStack> {
  if (name === 'raw') return rawStack(raw)
  const { nodeDriver } = await import('../../src/node.ts')
  const { WebRTCPeerConnection } = await import('../../src/net/index.ts')
  const { linkedDriver } = await import('../../test/support/linked-driver.ts')
  const { skeinStack } = await import('./skein-line.ts')
  return skeinStack((link, side) => WebRTCPeerConnection.setDefaultExtension(linkedDriver(nodeDriver, link, side)), {
    node: { bindAddress: '127.0.0.1' },
  })
}

serveParent(lineHandlers(stackOf, machineNow), (signal) => raw.receive(signal as RawSignal))
