// The program of a page that is one end of a line. page-end.ts serves it, calls it and carries its signals.

import type { LineStack } from './line.ts'
import { lineHandlers } from './line-calls.ts'
import { linkedConnection } from './linked-connection.ts'
import type { RawSignal } from './raw-connection.ts'
import { RawPageStack } from './raw-page-line.ts'
import { servePage } from './serve-page.ts'
import { skeinStack } from './skein-line.ts'

const OwnConnection = RTCPeerConnection
const raw = new RawPageStack((signal) => window.signalOther(signal))

async function stackOf(name: string): Promise<LineStack> {
  if (name === 'raw') return raw
  return skeinStack((link, side) => {
    window.RTCPeerConnection = linkedConnection(OwnConnection, link, side)
  })
}

servePage(
  lineHandlers(stackOf, () => performance.now()),
  (signal) => raw.receive(signal as RawSignal),
)
