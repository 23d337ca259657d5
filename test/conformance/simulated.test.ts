// The simulated driver against itself, in virtual time.

import { WebRTCPeerConnection } from '../../src/net/peer-connection.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { SIMULATED } from './driver-facts.ts'
import type { Settle } from './endpoint.ts'
import { localSide } from './side.ts'
import { describeConformance } from './suite.ts'

describeConformance('simulated–simulated', () => {
  const network = new SimulatedNetwork()
  WebRTCPeerConnection.setDefaultExtension(network.driver)
  return { a: localSide(SIMULATED), b: localSide(SIMULATED), settle: timeDriver(network) }
})

/** Time moves as long as somebody waits. */
function timeDriver(network: SimulatedNetwork): Settle {
  let waiting = 0
  let moving = false

  const move = async () => {
    moving = true
    while (waiting > 0) {
      await network.run(1)
      // The rest of the test goes on in between.
      await new Promise((resolve) => setImmediate(resolve))
    }
    moving = false
  }

  return async (promise) => {
    waiting += 1
    if (!moving) void move()
    try {
      return await promise
    } finally {
      waiting -= 1
    }
  }
}
