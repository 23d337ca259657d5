// What a session description and a candidate may look like, as far as the server can say without understanding them:
// lines of text, and not too many. The peers' own browsers read the rest.

import { NetError } from '../../src/net/errors.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'
import { MAX_SDP_LINE_LENGTH, MAX_SDP_LINES } from './constants.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const LINE_CONTROLS = /[\0-\x1f\x7f]/

/** @throws {NetError} ERR_INVALID_DATA that says what is wrong with the signal's text. */
export function checkSignalText(signal: Signal): void {
  if (signal.kind === 'candidate') checkCandidate(signal)
  else if (signal.kind === 'description') checkDescription(signal.sdp)
}

function checkCandidate({ media, name }: { readonly media: string; readonly name: string }): void {
  // A line break would smuggle further lines into the other side's description.
  if (LINE_CONTROLS.test(name) || LINE_CONTROLS.test(media)) throw invalid('A candidate is one line of text.')
  // Empty: there are no more (RFC 8838, section 13).
  if (name !== '' && !/^(a=)?candidate:/.test(name)) throw invalid('A candidate begins with "candidate:".')
}

function checkDescription(sdp: string): void {
  if (CONTROLS.test(sdp)) throw invalid('A session description is text.')
  const lines = sdp.split('\n', MAX_SDP_LINES + 2)
  // The last line ends with a break, after which there is nothing.
  if (lines.length - (lines.at(-1) === '' ? 1 : 0) > MAX_SDP_LINES) {
    throw invalid(`A session description has at most ${MAX_SDP_LINES} lines.`)
  }
  if (lines.some((line) => line.length > MAX_SDP_LINE_LENGTH)) {
    throw invalid(`A line of a session description has at most ${MAX_SDP_LINE_LENGTH} characters.`)
  }
}

function invalid(message: string): NetError {
  return new NetError('ERR_INVALID_DATA', message)
}
