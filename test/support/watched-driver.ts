import type { DriverConnection, WebRTCDriver } from '../../src/net/drivers/driver.ts'

/** The same driver, which adds each connection that it makes to `connections`. */
export function watchedDriver(driver: WebRTCDriver, connections: DriverConnection[]): WebRTCDriver {
  return {
    ...driver,
    createConnection(configuration, events) {
      const connection = driver.createConnection(configuration, events)
      connections.push(connection)
      return connection
    },
  }
}
