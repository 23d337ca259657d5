// Which driver a connection gets: its own, the one that was chosen for all, or the platform's.

import { type Clock, systemClock } from '../clock.ts'
import { NetError } from '../errors.ts'
import { browserDriver } from './browser.ts'
import type { ConnectionConfiguration, WebRTCDriver } from './driver.ts'

let defaultDriver: WebRTCDriver | undefined
let platformDriver: WebRTCDriver | undefined

/** See WebRTCPeerConnection.setDefaultExtension. */
export function setDefaultDriver(driver: WebRTCDriver | undefined): void {
  defaultDriver = driver
}

/** Names the implementation of a platform that has none of its own. Called by `skein/node`. */
export function setPlatformDriver(driver: WebRTCDriver | undefined): void {
  platformDriver = driver
}

/** @throws {NetError} ERR_DRIVER_MISSING */
export function driverFor(configuration: ConnectionConfiguration): WebRTCDriver {
  const chosen = chosenFor(configuration)
  if (chosen) return chosen
  if (typeof document === 'undefined' && typeof RTCPeerConnection === 'undefined') {
    throw new NetError('ERR_DRIVER_MISSING', "Outside of a browser, add `import 'skein/node'` to the program.")
  }
  return browserDriver
}

/** In whose time a connection is kept. */
export function clockFor(configuration: ConnectionConfiguration): Clock {
  return configuration.clock ?? chosenFor(configuration)?.clock ?? systemClock
}

function chosenFor({ driver }: ConnectionConfiguration): WebRTCDriver | undefined {
  return driver ?? defaultDriver ?? platformDriver
}
