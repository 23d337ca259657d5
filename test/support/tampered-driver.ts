// A driver whose owner does not keep to the protocol: what its channels hear and say is changed on the way.

import {
  ChannelState,
  type DriverChannel,
  type DriverChannelEvents,
  type WebRTCDriver,
} from '../../src/net/drivers/driver.ts'

/** Channels by their ids: 1 the reliable one, 2 the unreliable one. */
export interface Tampering {
  /** Whether a message reaches this side. */
  hears?: (channel: number, message: Uint8Array) => boolean
  /** What goes out instead of a message. */
  says?: (channel: number, message: Uint8Array) => Uint8Array
  /** Puts a message on a channel of every connection, where it is open. */
  readonly say: (channel: number, message: Uint8Array) => void
}

export function tamperedDriver(driver: WebRTCDriver): { driver: WebRTCDriver; tampering: Tampering } {
  const channels: { readonly id: number; readonly channel: DriverChannel; send(message: Uint8Array): void }[] = []
  const tampering: Tampering = {
    say(channel, message) {
      for (const each of channels) {
        if (each.id === channel && each.channel.readyState === ChannelState.Open) each.send(message)
      }
    },
  }
  const tamper = (channel: DriverChannel, id: number) => {
    const send = channel.send.bind(channel)
    channels.push({ id, channel, send })
    channel.send = (data) => send(typeof data === 'string' ? data : (tampering.says?.(id, data) ?? data))
    let events: DriverChannelEvents | undefined
    Object.defineProperty(channel, 'events', {
      get: () => events,
      set(given: DriverChannelEvents) {
        const message: DriverChannelEvents['message'] = (data) => {
          if (typeof data === 'string' || tampering.hears?.(id, data) !== false) given.message(data)
        }
        events = { ...given, message }
      },
    })
    return channel
  }
  return {
    tampering,
    driver: {
      ...driver,
      createConnection(configuration, events) {
        const connection = driver.createConnection(configuration, events)
        const create = connection.createDataChannel.bind(connection)
        connection.createDataChannel = (label, options) => tamper(create(label, options), options.id ?? 0)
        return connection
      },
    },
  }
}
