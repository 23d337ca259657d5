// Rooms in the memory of the one process.

import { reportUncaught } from '../../src/net/emitter.ts'
import { NetError } from '../../src/net/errors.ts'
import type { RoomRecord } from '../../src/net/signaling/room.ts'
import type { RoomMessage, RoomUpdate, SignalingAdapter } from './adapter.ts'
import { DEFAULT_MAX_ROOMS } from './constants.ts'

export interface MemoryAdapterOptions {
  /** How many rooms are kept. Default DEFAULT_MAX_ROOMS. */
  readonly maxRooms?: number
}

type Listener = (message: RoomMessage) => void

/** Keeps rooms in memory. Two servers of one process may share it, and then serve the same rooms. */
export class MemoryAdapter implements SignalingAdapter {
  readonly #maxRooms: number
  readonly #rooms = new Map<string, RoomRecord>()
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(options: MemoryAdapterOptions = {}) {
    this.#maxRooms = options.maxRooms ?? DEFAULT_MAX_ROOMS
  }

  /** How many rooms there are now. */
  get roomCount(): number {
    return this.#rooms.size
  }

  // Async functions, so that what `update` throws becomes a rejection; nothing in them waits, so they are atomic.
  async transact(code: string, update: RoomUpdate): Promise<RoomRecord | undefined> {
    const before = this.#rooms.get(code)
    const after = update(before)
    if (after === undefined) {
      this.#rooms.delete(code)
      return undefined
    }
    if (before === undefined && this.#rooms.size >= this.#maxRooms) {
      throw new NetError('ERR_RATE_LIMITED', 'The server holds as many rooms as it may. Try again later.')
    }
    this.#rooms.set(code, after)
    return after
  }

  async publish(code: string, message: RoomMessage): Promise<void> {
    for (const listener of [...(this.#listeners.get(code) ?? [])]) {
      try {
        listener(message)
      } catch (error) {
        reportUncaught(error)
      }
    }
  }

  async subscribe(code: string, listener: Listener): Promise<() => void> {
    const listeners = this.#listeners.get(code) ?? new Set()
    this.#listeners.set(code, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(code) === listeners) this.#listeners.delete(code)
    }
  }
}
