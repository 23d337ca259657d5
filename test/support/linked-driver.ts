// A driver of Skein whose connections take the ways through the link for those to the other end.

import type { DriverConnection, WebRTCDriver } from '../../src/net/drivers/driver.ts'
import { LinkClient, type Side } from './link-client.ts'

/** @param service The URL of link-service.ts. */
export function linkedDriver(driver: WebRTCDriver, service: string, side: Side): WebRTCDriver {
  return {
    name: driver.name,
    createConnection(configuration, events) {
      const connection = driver.createConnection(configuration, events)
      const link = new LinkClient(service, side)
      const later = (step: () => Promise<void>) => {
        link.next(step).catch((error) => console.error(`A signal could not be carried: ${error}`))
      }
      const linked: DriverConnection = {
        createDataChannel: (label, options) => connection.createDataChannel(label, options),
        createOffer: () => connection.createOffer(),
        setLocalDescription(type, sdp) {
          if (type === 'offer') link.offer(sdp)
          connection.setLocalDescription(type, sdp)
        },
        setRemoteDescription(type, sdp) {
          if (type === 'offer') link.offer(sdp)
          later(async () => connection.setRemoteDescription(type, await link.description(type, sdp)))
        },
        addIceCandidate(media, index, name) {
          later(async () => {
            const own = await link.candidate(name)
            if (own !== undefined) connection.addIceCandidate(media, index, own)
          })
        },
        acknowledgesLate: connection.acknowledgesLate ?? false,
        restartsIce: connection.restartsIce ?? false,
        restartIce: (iceServers) => connection.restartIce(iceServers),
        selectedRoute: () => connection.selectedRoute(),
        close: () => connection.close(),
      }
      return linked
    },
  }
}
