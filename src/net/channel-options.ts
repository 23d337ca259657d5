// Whether a channel can be made as asked for: the same on every platform, each of which refuses something else.

import type { DataChannelOptions } from './drivers/driver.ts'
import { NetError } from './errors.ts'

const encoder = new TextEncoder()

/** @throws {NetError} ERR_INVALID_PARAMETER: options that exclude each other or are out of range. */
export function checkChannelOptions(label: string, options: DataChannelOptions): void {
  const refuse = (message: string): never => {
    throw new NetError('ERR_INVALID_PARAMETER', `The channel "${label.slice(0, 100)}": ${message}`)
  }
  const { negotiated = false, id, maxRetransmits, maxPacketLifeTime, protocol = '' } = options
  if (negotiated && id === undefined) refuse('a negotiated channel needs an id, the same on both sides.')
  if (!negotiated && id !== undefined) refuse('an id is only for negotiated channels.')
  if (maxRetransmits !== undefined && maxPacketLifeTime !== undefined) {
    refuse('give maxRetransmits or maxPacketLifeTime, not both.')
  }
  checkRange('id', id, 1023)
  checkRange('maxRetransmits', maxRetransmits, 65_535)
  checkRange('maxPacketLifeTime', maxPacketLifeTime, 65_535)
  checkText('label', label)
  checkText('protocol', protocol)

  function checkText(name: string, text: string): void {
    if (encoder.encode(text).length > 65_535) refuse(`the ${name} is longer than 65535 bytes of UTF-8.`)
  }

  function checkRange(name: string, value: number | undefined, max: number): void {
    if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= max)) return
    refuse(`${name} is a whole number from 0 to ${max}, not ${value}.`)
  }
}
