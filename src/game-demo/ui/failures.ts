// Why there is no game, in words for players. The library's own sentence stands below them, for whoever runs the server.

import { NetError, type NetErrorCode } from '../../index.ts'

export interface Failure {
  readonly title: string
  readonly text: string
  /** Whether the same thing may work in a moment. */
  readonly retry: boolean
  readonly detail: string
}

export function describeFailure(error: unknown): Failure {
  if (!(error instanceof NetError)) {
    const detail = error instanceof Error ? error.message : String(error)
    return { title: 'That did not work', text: 'Something unexpected happened in this page.', retry: true, detail }
  }
  return { ...describeCode(error.code), detail: `${error.code}: ${error.message}` }
}

function describeCode(code: NetErrorCode): Omit<Failure, 'detail'> {
  switch (code) {
    case 'ERR_ROOM_NOT_FOUND':
      return {
        title: 'No such room',
        text: 'The code is mistyped, or everybody has left and the room is gone. Ask for a new link, or create a room.',
        retry: false,
      }
    case 'ERR_ROOM_FULL':
      return {
        title: 'The room is full',
        text: 'Try again when somebody has left, or create a room of your own.',
        retry: true,
      }
    case 'ERR_ROOM_SEALED':
      return {
        title: 'The room is closed',
        text: 'Its host lets nobody in any more. You can create your own.',
        retry: false,
      }
    case 'ERR_ROOM_CLOSED':
      return {
        title: 'The room is over',
        text: 'It ended while you were there. You can create a new one.',
        retry: false,
      }
    case 'ERR_TOKEN_REFUSED':
    case 'ERR_UNAUTHORIZED':
      return { title: 'No entry', text: 'This server needs an invitation, and yours was not accepted.', retry: false }
    case 'ERR_RATE_LIMITED':
      return {
        title: 'Too fast',
        text: 'Too many attempts from your network. Wait a minute, then try again.',
        retry: true,
      }
    case 'ERR_TIMEOUT':
      return {
        title: 'No answer',
        text: 'The server took too long to answer. Check your connection and try again.',
        retry: true,
      }
    case 'ERR_SIGNALING_UNREACHABLE':
      return {
        title: 'The server cannot be reached',
        text: 'You may be offline, or the server is down. Check your connection and try again.',
        retry: true,
      }
    case 'ERR_SIGNALING_URL':
      return {
        title: 'The server’s address is wrong',
        text: 'What follows ?signaling= in the address of this page must begin with ws:// or wss://.',
        retry: false,
      }
    case 'ERR_SIGNALING_PROTOCOL':
      return {
        title: 'Versions do not match',
        text: 'This page and the server do not understand each other. Reload the page.',
        retry: false,
      }
    case 'ERR_WEBRTC_UNSUPPORTED':
    case 'ERR_DRIVER_MISSING':
      return {
        title: 'This browser cannot connect',
        text: 'It has no WebRTC, or an extension or a policy switched it off. Try a current Firefox, Chrome, Edge or Safari.',
        retry: false,
      }
    case 'ERR_CONNECTION_ERROR':
      return {
        title: 'No way to the other players',
        text: 'Your network or theirs blocks direct connections. Another network, such as a phone’s, may work.',
        retry: true,
      }
    case 'ERR_ABORTED':
      return { title: 'Cancelled', text: 'You are back before you were there.', retry: true }
    case 'ERR_INVALID_PARAMETER':
      return {
        title: 'That code cannot be right',
        text: 'A room code is short and has no spaces. Check it and try again.',
        retry: false,
      }
    default:
      return { title: 'That did not work', text: 'Something went wrong on the way to the room.', retry: true }
  }
}
