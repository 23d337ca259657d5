// How a request fails on purpose: the one kind of error that a handler can send to the peer that asked.

import { cleanText } from '../../net/signaling/clean-text.ts'
import { MAX_RPC_ERROR_CODE_LENGTH, MAX_RPC_ERROR_MESSAGE_LENGTH } from './constants.ts'

/**
 * Thrown by the handler of a request, it is what the request rejects with at the peer that asked: with this code and this
 * message, cut to 64 and 256 UTF-16 units and cleaned of control characters, and nothing else. Whatever else a handler
 * throws is a mistake of its own and none of the other side's business: that gets ERR_RPC_FAILED.
 */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  /** What went wrong, for programs: the game's own word, such as `NOT_ENOUGH_GOLD`. */
  readonly code: string

  /** @param message A sentence for people. Default: the code. */
  constructor(code: string, message: string = code, options?: ErrorOptions) {
    super(cleanText(message, MAX_RPC_ERROR_MESSAGE_LENGTH), options)
    this.code = cleanText(code, MAX_RPC_ERROR_CODE_LENGTH)
  }
}
